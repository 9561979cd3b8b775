// Every measure by its name, in the order in which they are made.
import classOfSeats from './class.mjs';
import docker from './docker.mjs';
import exec from './exec.mjs';
import growth from './growth.mjs';
import hosts from './hosts.mjs';
import kernelBuild from './kernel-build.mjs';
import kernel from './kernel.mjs';
import load from './load.mjs';
import memory from './memory.mjs';
import modes from './modes.mjs';
import test from './test.mjs';
import up from './up.mjs';

export const MEASURES = {
  ...{ kernel, up, exec, test, modes, memory, hosts, docker, class: classOfSeats, growth, load },
  'kernel-build': kernelBuild,
};
