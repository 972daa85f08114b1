// Registers a mapping with an RDMA device, and ends the registration, again and again. Arguments: FILE LENGTH COUNT
// sealed|unsealed. sealed: the mapping has a seal already. unsealed: each registration takes one.
import { map } from '../../lib/index.js';
import { VerbsDomain } from '../../lib/rdma/index.js';
import { median } from '../statistics.js';
import { argument, numericArgument, printFigures } from '../trial.js';

const mapping = map(argument(0), { length: numericArgument(1) });
const isSealed = argument(3) === 'sealed';
if (isSealed) mapping.seal();
const domain = VerbsDomain.open();
const registering: number[] = [];
const ending: number[] = [];
for (let i = 0; i < numericArgument(2); i++) {
  const start = process.hrtime.bigint();
  const registration = mapping.register({ domain, access: ['local-write', 'remote-write'] });
  const middle = process.hrtime.bigint();
  registration.deregister();
  ending.push(Number(process.hrtime.bigint() - middle));
  registering.push(Number(middle - start));
}
mapping.close();
domain.close();
const [register, deregister] = [median(registering), median(ending)];
printFigures(isSealed ? { register, deregister } : { withSeal: register, withoutSeal: deregister });
