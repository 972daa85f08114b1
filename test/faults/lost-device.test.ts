import { native } from '../support/backends.js';
import { loopDevices, withLoopDevice } from '../support/loop-device.js';
import { expectDone } from '../support/run-child.js';
import { Scratch } from '../support/scratch.js';
import { MIB } from '../support/sizes.js';
import { runFault } from './run-fault.js';

const scratch = new Scratch();

native.and(loopDevices()).test("a block device that has lost its end: reason 'io'", async () => {
  const image = scratch.file(MIB);
  await withLoopDevice(image, async (device) => expectDone(await runFault('lost-device', [device, image])));
});
