import { InvalidArgumentError } from 'commander';

/** Reads a whole number in these bounds. @param most one million where there is no better reason */
export function wholeNumber(least: number, most = 1_000_000): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`it must be a whole number from ${least} to ${most}`);
  };
}

/** Reads a number of seconds in these bounds, with or without a fraction. */
export function secondsArgument(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^(\d+|\d*\.\d+)$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`it must be ${least} to ${most} seconds`);
  };
}

/** Reads a port. @param least 0 where any that is free will do */
export function portNumber(least: 0 | 1): (text: string) => number {
  return (text) => {
    const number = /^\d{1,5}$/.test(text) ? Number(text) : -1;
    if (number >= least && number <= 65_535) return number;
    const any = least === 0 ? '; 0: any that is free' : '';
    throw new InvalidArgumentError(`it must be a port, ${least} to 65535${any}`);
  };
}
