import type { Picture, PlacedText } from '../../../../src/report/diagram/picture.ts';

export interface Area {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** Whether two areas share more than what rounding makes of touching edges. */
export function overlap(a: Area, b: Area): boolean {
  const slack = 0.05;
  return (
    a.left + a.width > b.left + slack &&
    b.left + b.width > a.left + slack &&
    a.top + a.height > b.top + slack &&
    b.top + b.height > a.top + slack
  );
}

/** Pairs of texts of a picture that cover each other, and texts that stick out of it. */
export function collisions({ texts, width, height }: Picture): string[] {
  const out = (t: PlacedText) =>
    t.left < 0 || t.top < 0 || t.left + t.width > width || t.top + t.height > height;
  return [
    ...texts.filter(out).map((t) => `${t.text} sticks out`),
    ...texts.flatMap((a, i) =>
      texts.slice(i + 1).flatMap((b) => (overlap(a, b) ? [`${a.text} and ${b.text}`] : [])),
    ),
  ];
}
