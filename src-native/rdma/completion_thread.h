// One thread that receives the events of all domains of the process: completions that a JavaScript thread waits for,
// and failures of devices and queue pairs. It starts with the first domain and runs until the process ends.

#ifndef MAPDIRECT_RDMA_COMPLETION_THREAD_H_
#define MAPDIRECT_RDMA_COMPLETION_THREAD_H_

namespace mapdirect::rdma {

class Domain;

namespace completion_thread {

// Returns 0 or a negative errno.
[[nodiscard]] int Listen(const Domain& domain);
void Forget(const Domain& domain);

}  // namespace completion_thread
}  // namespace mapdirect::rdma

#endif  // MAPDIRECT_RDMA_COMPLETION_THREAD_H_
