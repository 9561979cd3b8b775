import { describeOptions } from './options.ts';

describeOptions('tun', ['gre', 'gue']);
