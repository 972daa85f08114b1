// RDMA for JavaScript: devices, domains, memory regions, endpoints. Numbers pass through the registers.

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "args.h"
#include "environment.h"
#include "exports.h"
#include "rdma/device.h"
#include "rdma/domain.h"
#include "rdma/endpoint.h"
#include "thread/background.h"

namespace mapdirect {
namespace {

rdma::Endpoint* EndpointArg(const Napi::CallbackInfo& info) { return rdma::endpoints::Find(Int(info, 0)); }

void PutFacts(const rdma::Facts& facts, Environment& environment) {
  const verbs::DeviceAttributes& device = facts.device.base;
  const double values[] = {
      static_cast<double>(device.max_mr_size),
      static_cast<double>(device.max_qp_wr),
      static_cast<double>(device.max_qp_rd_atom),
      static_cast<double>(device.max_qp_init_rd_atom),
      static_cast<double>(device.atomic_cap),
      static_cast<double>(device.max_mw),
      static_cast<double>((facts.device.device_cap_flags_ex / verbs::kCanFlushGlobal) & 7),
      static_cast<double>(facts.device.on_demand.general & verbs::kOnDemandSupport),
      static_cast<double>(facts.device.on_demand.reliable),
      static_cast<double>(facts.port.state),
      static_cast<double>(facts.port.active_mtu),
      static_cast<double>(facts.port.max_msg_sz),
      static_cast<double>(facts.port.lid),
      static_cast<double>(facts.port.link_layer),
      static_cast<double>(device.phys_port_cnt),
      static_cast<double>(device.max_cqe),
  };
  std::size_t index = 0;
  for (const double value : values) environment.SetFloat(index++, value);
}

}  // namespace

// rdmaLoad(name) -> 0, or the reason as a string
Napi::Value RdmaLoad(const Napi::CallbackInfo& info) {
  const std::string reason = verbs::Load(Text(info, 0));
  napi_value text = nullptr;
  if (reason.empty()) return Return(info, 0);
  if (napi_create_string_utf8(info.Env(), reason.data(), reason.size(), &text) != napi_ok) return {};
  return {info.Env(), text};
}

// rdmaQuery(name, port) -> 0, the facts in all registers
Napi::Value RdmaQuery(const Napi::CallbackInfo& info) {
  if (verbs::Loaded() == nullptr) return Return(info, -ENOSYS);
  verbs::Context* const context = rdma::OpenDevice(Text(info, 0));
  if (context == nullptr) return Return(info, verbs::NegativeErrno());
  rdma::Facts facts;
  const int queried = rdma::Query(context, static_cast<std::uint8_t>(Int(info, 1)), &facts);
  verbs::Loaded()->close_device(context);
  if (queried == 0) PutFacts(facts, Environment::Of(info.Env()));
  return Return(info, queried);
}

// rdmaOpen(name) -> id of a domain
Napi::Value RdmaOpen(const Napi::CallbackInfo& info) {
  if (verbs::Loaded() == nullptr) return Return(info, -ENOSYS);
  const Environment& environment = Environment::Of(info.Env());
  const auto domain = rdma::Domain::Open(Text(info, 0), &environment, environment.OwnListener());
  return Return(info, domain == nullptr ? verbs::NegativeErrno() : domain->id);
}

// rdmaClose(domain) -> 0
Napi::Value RdmaClose(const Napi::CallbackInfo& info) { return Return(info, rdma::domains::Close(Int(info, 0))); }

// rdmaEndpoint(domain, port, depth, access, requests) -> id. Registers: 0 number of the queue pair, 1 requests it has
Napi::Value RdmaEndpoint(const Napi::CallbackInfo& info) {
  Environment& environment = Environment::Of(info.Env());
  std::shared_ptr<rdma::Domain> domain = rdma::domains::Find(Int(info, 0));
  if (domain == nullptr) return Return(info, -ENOENT);
  const rdma::EndpointOptions options = {static_cast<std::uint8_t>(Int(info, 1)),
                                         static_cast<std::uint32_t>(Int(info, 2)), static_cast<unsigned>(Int(info, 3)),
                                         static_cast<std::uint64_t>(Int(info, 4))};
  std::unique_ptr<rdma::Endpoint> endpoint = rdma::Endpoint::Make(std::move(domain), options);
  if (endpoint == nullptr) return Return(info, verbs::NegativeErrno());
  environment.SetFloat(0, endpoint->Number());
  environment.SetFloat(1, static_cast<double>(endpoint->Extended()));
  return Return(info, rdma::endpoints::Add(std::move(endpoint)));
}

// rdmaConnect(endpoint, gid) -> 0. Registers: see lib/backend/native/rdma-calls.ts
Napi::Value RdmaConnect(const Napi::CallbackInfo& info) {
  const Environment& environment = Environment::Of(info.Env());
  rdma::Endpoint* const endpoint = EndpointArg(info);
  if (endpoint == nullptr) return Return(info, -ENOENT);
  const Bytes gid = BytesArg(info, 1);
  rdma::Peer peer = {};
  if (gid.length != sizeof(peer.gid.raw)) return Return(info, -EINVAL);
  std::memcpy(peer.gid.raw, gid.data, gid.length);
  peer.pair = static_cast<std::uint32_t>(environment.Size(0));
  peer.psn = static_cast<std::uint32_t>(environment.Size(1));
  peer.lid = static_cast<std::uint16_t>(environment.Size(2));
  const rdma::Path path = {
      static_cast<std::uint32_t>(environment.Size(3)), static_cast<std::uint8_t>(environment.Size(4)),
      static_cast<std::uint8_t>(environment.Size(5)),  environment.Size(6) != 0,
      static_cast<int>(environment.Size(7)),           static_cast<std::uint8_t>(environment.Size(8)),
      static_cast<std::uint8_t>(environment.Size(9)),  static_cast<std::uint8_t>(environment.Size(10))};
  return Return(info, endpoint->Connect(peer, path));
}

// rdmaPost(endpoint, isLast) -> 0. Registers: see lib/backend/native/rdma-calls.ts
Napi::Value RdmaPost(const Napi::CallbackInfo& info) {
  const Environment& environment = Environment::Of(info.Env());
  rdma::Endpoint* const endpoint = EndpointArg(info);
  if (endpoint == nullptr) return Return(info, -ENOENT);
  rdma::Request request = {};
  request.operation = static_cast<rdma::Operation>(environment.Size(0));
  request.slot = static_cast<std::uint32_t>(environment.Size(1));
  if (request.slot >= endpoint->Depth()) return Return(info, -EINVAL);
  request.region = {static_cast<std::uint32_t>(environment.Size(2)), static_cast<std::uintptr_t>(environment.Uint(10))};
  request.offset = environment.Size(3);
  request.length = static_cast<std::uint32_t>(environment.Size(4));
  request.key = static_cast<std::uint32_t>(environment.Size(5));
  request.address = environment.Uint(6);
  request.operands[0] = environment.Uint(7);
  request.operands[1] = environment.Uint(8);
  request.placement = static_cast<std::uint8_t>(environment.Size(9));
  request.is_last = Int(info, 1) != 0;
  return Return(info, endpoint->Post(request));
}

// rdmaReap(endpoint, into, wait) -> number of completions, or a promise of 0: the next one has arrived
Napi::Value RdmaReap(const Napi::CallbackInfo& info) {
  constexpr std::size_t kValues = 3;  // slot, status, vendor's code
  constexpr std::size_t kMost = 32;
  rdma::Endpoint* const endpoint = EndpointArg(info);
  if (endpoint == nullptr) return Return(info, -ENOENT);
  const Bytes into = BytesArg(info, 1);
  verbs::Completion completions[kMost];
  const std::size_t room = std::min(kMost, into.length / (kValues * sizeof(double)));
  const bool waits = Int(info, 2) != 0;
  const int most = static_cast<int>(room);
  const int count = waits ? endpoint->ReapOrArm(completions, most) : endpoint->Reap(completions, most);
  if (count == 0 && waits) {
    return WaitForSignal(info.Env(), [endpoint](auto task) { endpoint->Wait(std::move(task)); });
  }
  for (int i = 0; i < count; i++) {
    const double values[kValues] = {static_cast<double>(completions[i].wr_id),
                                    static_cast<double>(completions[i].status),
                                    static_cast<double>(completions[i].vendor_err)};
    std::memcpy(into.data + static_cast<std::size_t>(i) * sizeof(values), values, sizeof(values));
  }
  return Return(info, count);
}

// rdmaValue(endpoint, slot) -> 0. Register 0 (integer): what the atomic request of the slot has read
Napi::Value RdmaValue(const Napi::CallbackInfo& info) {
  rdma::Endpoint* const endpoint = EndpointArg(info);
  const auto slot = static_cast<std::uint32_t>(Int(info, 1));
  if (endpoint == nullptr || slot >= endpoint->Depth()) return Return(info, -ENOENT);
  Environment::Of(info.Env()).SetUint(0, endpoint->Value(slot));
  return Return(info, 0);
}

// rdmaCloseEndpoint(endpoint) -> 0
Napi::Value RdmaCloseEndpoint(const Napi::CallbackInfo& info) {
  rdma::endpoints::Close(Int(info, 0));
  return Return(info, 0);
}

}  // namespace mapdirect
