import type { Role } from '../../topology/types.ts';

const SANS = "'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif";
const MONO = "Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', 'Courier New', monospace";

export const COLOURS = {
  background: '#ffffff',
  ink: '#1b2430',
  faint: '#5c6773',
  line: '#8a96a3',
  bar: '#dfe5ec',
  barEdge: '#a9b4c0',
  vip: '#8a1f8f',
  changed: '#ffe27a',
  row: '#f4f6f9',
  request: '#0b62c4',
  reply: '#c04a00',
  error: '#b3152b',
} as const;

/** The pipe around a packet that is carried in another. */
export const TUNNEL_COLOURS = { request: '#a9cdf5', reply: '#f3c6a5', error: '#efb3bd' } as const;

/** Fill and edge of a node's box. Dark edges and pale fills stay apart on a black and white printer. */
export const ROLE_COLOURS: Record<Role, { fill: string; edge: string }> = {
  client: { fill: '#eaf3fd', edge: '#2f6fb3' },
  director: { fill: '#fbeefb', edge: '#8a1f8f' },
  proxy: { fill: '#fff4e0', edge: '#9a5b00' },
  router: { fill: '#f1f2f4', edge: '#5c6773' },
  'real-server': { fill: '#eaf6ec', edge: '#2e7d3c' },
  dns: { fill: '#fdf6e3', edge: '#8a6d1a' },
};

export const ROLE_NAMES: Record<Role, string> = {
  client: 'client',
  director: 'director',
  router: 'router',
  proxy: 'proxy',
  dns: 'DNS server',
  'real-server': 'real server',
};

/** Lines of a chart: colour-blind safe (Okabe and Ito, yellow left out), told apart by dashes in print too. */
export const SERIES = [
  { colour: '#0072b2', dash: undefined },
  { colour: '#d55e00', dash: '9 4' },
  { colour: '#007a5a', dash: '3 4' },
  { colour: '#aa4499', dash: '12 4 3 4' },
  { colour: '#56707f', dash: '6 3' },
] as const;

export interface TextStyle {
  family: string;
  size: number;
  bold: boolean;
  fill: string;
  /** Width of a character in parts of the size, of the widest font in the family's list. */
  advance: number;
}

function sans(size: number, fill: string, bold = false): TextStyle {
  return { family: SANS, size, bold, fill, advance: bold ? 0.68 : 0.6 };
}

function mono(size: number, fill: string, bold = false): TextStyle {
  return { family: MONO, size, bold, fill, advance: 0.603 };
}

export const STYLES = {
  title: sans(22, COLOURS.ink, true),
  subtitle: sans(15, COLOURS.faint),
  node: sans(17, COLOURS.ink, true),
  role: sans(13, COLOURS.faint),
  network: sans(16, COLOURS.ink, true),
  subnet: mono(13, COLOURS.faint),
  device: mono(13, COLOURS.faint),
  address: mono(13, COLOURS.ink),
  vip: mono(13, COLOURS.vip, true),
  service: mono(13, COLOURS.ink),
  cell: mono(14, COLOURS.ink),
  cellChanged: mono(14, COLOURS.ink, true),
  cellFaint: sans(13, COLOURS.faint),
  badge: sans(13, COLOURS.background, true),
  request: sans(15, COLOURS.request, true),
  reply: sans(15, COLOURS.reply, true),
  error: sans(15, COLOURS.error, true),
  tick: sans(14, COLOURS.ink),
  axis: sans(15, COLOURS.faint),
} satisfies Record<string, TextStyle>;

export type StyleName = keyof typeof STYLES;
