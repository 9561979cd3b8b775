import { describeOptions } from './options.ts';

describeOptions('nat');
