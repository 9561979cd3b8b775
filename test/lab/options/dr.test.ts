import { describeOptions } from './options.ts';

describeOptions('dr');
