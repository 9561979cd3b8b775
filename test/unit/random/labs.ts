import fc from 'fast-check';
import { stringify } from 'yaml';

/** How many cases each property tries; many more with LVSLAB_CASES. The seed is fixed, so that all runs try the same. */
export const CASES = {
  seed: 20_240_607,
  numRuns: Number(process.env['LVSLAB_CASES'] ?? 300),
};
/** Milliseconds that a property may take. */
export const TIME = 60_000 + CASES.numRuns * 200;

type Mode = 'nat' | 'tun' | 'dr';
const MODES: Mode[] = ['nat', 'tun', 'dr'];

/** Names that are valid, and that YAML, JavaScript or a kernel could take for something else. */
const ODD = [
  'on',
  'no',
  'y',
  'yes',
  'null',
  'true',
  'auto',
  'constructor',
  'valueof',
  'e',
  'x-',
  'i',
  'eth',
  'back',
];
const RESERVED = ['switch', 'none', 'localhost', 'vip', 'lo', 'all', 'default'];
// The last is no digit: a count adds one.
const name = fc
  .oneof(fc.constantFrom(...ODD), fc.stringMatching(/^[a-z]([a-z0-9-]{0,6}[a-z-])?$/))
  .filter((text) => !RESERVED.includes(text) && !/^(client|lb-|rs-|gw-)/.test(text));

/**
 * Labs in which everything can reach what it must: networks that routers join to a tree, directors on one of them with
 * private networks behind, and for each service a director, real servers where its method allows them, and clients
 * where it works from.
 */
export const randomLab: fc.Arbitrary<string> = fc
  .record({
    names: fc.uniqueArray(name, { minLength: 24, maxLength: 24 }),
    shared: fc.integer({ min: 1, max: 4 }),
    parents: fc.array(fc.nat(3), { minLength: 4, maxLength: 4 }),
    prefixes: fc.array(fc.integer({ min: 20, max: 26 }), { minLength: 8, maxLength: 8 }),
    shuffled: fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7], { minLength: 8 }),
    fileMode: fc.option(fc.constantFrom(...MODES), { nil: undefined }),
    clients: fc.array(fc.record({ network: fc.nat(3), count: count(3), options: nodeOptions() }), {
      minLength: 1,
      maxLength: 3,
    }),
    services: fc.array(
      fc.record({
        mode: fc.constantFrom(...MODES),
        outside: fc.boolean(),
        oneArm: fc.boolean(),
        home: fc.nat(3),
        place: fc.nat(3),
        port: fc.option(fc.integer({ min: 1, max: 65_535 }), { nil: undefined }),
        scheduler: fc.option(fc.constantFrom('rr', 'wrr', 'lc', 'wlc', 'sh', 'sed', 'nq'), {
          nil: undefined,
        }),
        tunnel: fc.constantFrom(undefined, 'ipip', 'gue', 'gre'),
        count: count(4),
        weight: fc.option(fc.integer({ min: 0, max: 65_535 }), { nil: undefined }),
        serverPort: fc.option(fc.integer({ min: 1, max: 65_535 }), { nil: undefined }),
        options: nodeOptions(),
      }),
      { minLength: 0, maxLength: 3 },
    ),
    mtu: fc.option(fc.integer({ min: 576, max: 9000 }), { nil: undefined }),
    title: fc.option(fc.string({ unit: 'grapheme', maxLength: 20 }), { nil: undefined }),
    style: style(),
  })
  .map((choices) => choices.style(build(choices)));

function count(most: number): fc.Arbitrary<number | undefined> {
  return fc.option(fc.integer({ min: 1, max: most }), { nil: undefined });
}

function nodeOptions() {
  return fc.record({
    /** Whether the role is told by the name. */
    telling: fc.boolean(),
    form: fc.constantFrom('word' as const, 'list' as const, 'map' as const, 'fixed' as const),
  });
}

/** Ways to write the same value down, each of which YAML reads as it was meant. */
function style(): fc.Arbitrary<(file: object) => string> {
  return fc
    .record({
      indent: fc.integer({ min: 1, max: 6 }),
      collectionStyle: fc.constantFrom('any' as const, 'flow' as const, 'block' as const),
      defaultStringType: fc.constantFrom('PLAIN' as const, 'QUOTE_SINGLE' as const, 'QUOTE_DOUBLE' as const),
      lineWidth: fc.constantFrom(0, 40, 80),
      json: fc.boolean(),
      windows: fc.boolean(),
      comment: fc.constantFrom('', '# a comment: with [a] {brace}\n', '%YAML 1.2\n---\n'),
    })
    .map(({ json, windows, comment, ...options }) => (file) => {
      const text = json ? JSON.stringify(file, null, options.indent) : stringify(file, options);
      return windows ? `${comment}${text}`.replaceAll('\n', '\r\n') : `${comment}${text}`;
    });
}

interface Choices {
  names: string[];
  shared: number;
  parents: number[];
  prefixes: number[];
  shuffled: number[];
  fileMode: Mode | undefined;
  clients: { network: number; count: number | undefined; options: NodeOptions }[];
  services: {
    mode: Mode;
    outside: boolean;
    oneArm: boolean;
    home: number;
    place: number;
    port: number | undefined;
    scheduler: string | undefined;
    tunnel: string | undefined;
    count: number | undefined;
    weight: number | undefined;
    serverPort: number | undefined;
    options: NodeOptions;
  }[];
  mtu: number | undefined;
  title: string | undefined;
}

interface NodeOptions {
  telling: boolean;
  form: 'word' | 'list' | 'map' | 'fixed';
}

function build(choices: Choices): Record<string, unknown> {
  const names = choices.names.values();
  const next = (): string => names.next().value ?? 'exhausted';
  const networks: { name: string; second: number; prefix: number }[] = [];
  const network = (): string => {
    const index = networks.length;
    const made = {
      name: next(),
      second: 16 * (choices.shuffled[index] ?? index),
      prefix: choices.prefixes[index] ?? 24,
    };
    networks.push(made);
    return made.name;
  };
  const nodes: Record<string, unknown> = {};
  const add = (role: string, on: string[], options: NodeOptions | undefined, count?: number): string => {
    const own = next();
    const starts = { client: 'client', director: 'lb-', 'real-server': 'rs-', router: 'gw-' }[role] ?? '';
    const telling = options?.telling === true;
    const called = telling
      ? `${starts}${'abcdefghijklmnopqrstuvw'[Object.keys(nodes).length] ?? ''}${own.slice(0, 2)}x`
      : own;
    nodes[called] = {
      ...(telling ? {} : { role }),
      on: attach(on, options?.form ?? 'list', count),
      ...(count === undefined ? {} : { count }),
    };
    return called;
  };
  /** A fixed address far from those that are given out, one for each node. */
  const attach = (on: string[], form: NodeOptions['form'], count: number | undefined): unknown => {
    if (form === 'word' && on.length === 1) return on[0];
    if (form === 'map' || (form === 'fixed' && count !== undefined))
      return Object.fromEntries(on.map((n) => [n, 'auto']));
    if (form === 'fixed') return Object.fromEntries(on.map((n) => [n, hostIn(n)]));
    return on;
  };
  const taken = new Map<string, number>();
  const hostIn = (called: string): string => {
    const { second = 0 } = networks.find((n) => n.name === called) ?? {};
    const host = (taken.get(called) ?? 0) + 1;
    taken.set(called, host);
    return `10.${second}.0.${host}`;
  };

  const core = Array.from({ length: choices.shared }, network);
  core.slice(1).forEach((own, index) => {
    add('router', [core[(choices.parents[index] ?? 0) % (index + 1)] ?? own, own], undefined);
  });
  const at = (index: number): string => core[index % core.length] ?? '';
  const crowded = core.length > 1 && choices.services.some(({ mode, oneArm }) => mode === 'nat' && oneArm);
  const services = choices.services.map((service, index) => {
    // What replies must pass is behind the director, and nobody else is; or next to it, and all clients elsewhere.
    const oneArm = service.mode === 'nat' && service.oneArm && core.length > 1;
    const home = oneArm ? at(0) : at(service.home);
    const behind = service.mode === 'nat' && !oneArm ? network() : undefined;
    const director = add('director', behind === undefined ? [home] : [home, behind], service.options);
    const place = behind ?? (service.mode === 'dr' || oneArm ? home : at(service.place));
    const server = add('real-server', [place], service.options, service.count);
    return {
      vip: service.outside ? `198.51.100.${index + 1}` : hostIn(home),
      ...(service.port === undefined ? {} : { port: service.port }),
      mode: service.mode,
      ...(service.scheduler === undefined ? {} : { scheduler: service.scheduler }),
      ...(service.mode === 'tun' && service.tunnel !== undefined ? { tunnel: service.tunnel } : {}),
      directors: [director],
      servers: [
        service.weight === undefined
          ? server
          : {
              node: server,
              weight: service.weight,
              ...(service.mode === 'nat' && service.serverPort !== undefined
                ? { port: service.serverPort }
                : {}),
            },
      ],
    };
  });
  for (const { network: where, count: many, options } of choices.clients)
    add('client', [crowded && where % core.length === 0 ? at(1) : at(where)], options, many);
  return {
    lvslab: 1,
    ...(choices.title === undefined ? {} : { title: choices.title }),
    ...(choices.fileMode === undefined ? {} : { mode: choices.fileMode }),
    networks: Object.fromEntries(
      networks.map(({ name: called, second, prefix }) => {
        const subnet = `10.${second}.0.0/${prefix}`;
        return [called, choices.mtu === undefined ? subnet : { subnet, mtu: choices.mtu }];
      }),
    ),
    nodes,
    ...(services.length === 0 ? {} : { services }),
  };
}
