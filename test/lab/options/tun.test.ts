import { describeOptions } from './options.ts';

describeOptions('tun');
