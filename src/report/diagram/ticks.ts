/**
 * Round numbers that cover a range: multiples of 1, 2 or 5 times a power of ten.
 * @param count how many there may be, about
 */
export function ticks(low: number, high: number, count = 5): number[] {
  if (!(high > low)) return ticks(low, low + (Math.abs(low) || 1), count);
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((s) => s * power >= rough * 0.999_999) ?? 10);
  const first = Math.floor(low / step + 1e-9);
  const last = Math.ceil(high / step - 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** `1.5`, `20 000`, `1.2e9`: short enough for an axis. */
export function tickText(value: number): string {
  if (value !== 0 && (Math.abs(value) >= 1e9 || Math.abs(value) < 1e-4))
    return value.toExponential().replace('+', '');
  const [whole = '', fraction] = String(Number(value.toPrecision(6))).split('.');
  const grouped = whole.length < 6 ? whole : whole.replaceAll(/\B(?=(\d{3})+$)/g, '\u00a0');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}
