import fc from 'fast-check';
import { stringify } from 'yaml';

const NETWORKS = ['a', 'b', 'c'];
const MODES = ['nat', 'tun', 'dr'] as const;

/** One or more of the three networks. */
const some = (most: number) => fc.subarray(NETWORKS, { minLength: 1, maxLength: most });
/** Mostly none, so that the rest is tried as well. */
const gateway = (...names: string[]) =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constant(undefined) },
    { weight: 2, arbitrary: fc.constantFrom(...names) },
  );

/**
 * Small labs of every kind, most of which cannot work: a director, real servers, clients and routers anywhere on three
 * networks, gateways stated or not, VIPs inside any network or none, and methods mixed.
 */
export const smallLab: fc.Arbitrary<string> = fc
  .record({
    families: fc.constantFrom<(4 | 6)[]>([4], [4], [6], [4, 6]),
    director: fc.record({ on: some(3), gateway: gateway('router1', 'director2') }),
    /** Carries nothing, but can be a gateway. */
    other: fc.option(fc.record({ on: some(3), gateway: gateway('router1') }), { nil: undefined }),
    servers: fc.array(
      fc.record({ on: some(2), gateway: gateway('director', 'router1', 'rs2', 'director2') }),
      {
        minLength: 1,
        maxLength: 2,
      },
    ),
    clients: fc.array(
      fc.record({ on: some(2), gateway: gateway('director', 'router1', 'rs1', 'director2') }),
      {
        minLength: 1,
        maxLength: 2,
      },
    ),
    routers: fc.array(
      fc.record({
        on: fc.subarray(NETWORKS, { minLength: 2, maxLength: 2 }),
        gateway: gateway('director', 'router1', 'director2'),
      }),
      { maxLength: 2 },
    ),
    services: fc.array(
      fc.record({
        mode: fc.constantFrom(...MODES),
        place: fc.integer({ min: 0, max: 3 }),
        later: fc.boolean(),
      }),
      { minLength: 1, maxLength: 2 },
    ),
  })
  .map(({ families, director, other, servers, clients, routers, services }) => {
    const node = ({ on, gateway: by }: { on: string[]; gateway: string | undefined }): object => ({
      on,
      ...(by === undefined ? {} : { gateway: by }),
    });
    const named = (
      name: string,
      nodes: { on: string[]; gateway: string | undefined }[],
    ): [string, object][] =>
      nodes.map(({ on, gateway: by }, index) => [
        `${name}${index + 1}`,
        node({ on, gateway: by === `${name}${index + 1}` ? undefined : by }),
      ]);
    return stringify({
      lvslab: 1,
      networks: Object.fromEntries(
        NETWORKS.map((name, index) => [
          name,
          families.map((f) => (f === 4 ? `10.${index + 1}.0.0/24` : `2001:db8:${index + 1}::/64`)),
        ]),
      ),
      nodes: {
        ...Object.fromEntries(named('client', clients)),
        director: node(director),
        ...(other === undefined ? {} : { director2: node(other) }),
        ...Object.fromEntries([...named('rs', servers), ...named('router', routers)]),
      },
      services: services.map(({ mode, place, later }, index) => {
        const family = later ? families.at(-1) : families[0];
        // The first real server's automatic address among them.
        const host = 11 + index;
        const inside = family === 4 ? `10.${place}.0.${host}` : `2001:db8:${place}::${host}`;
        const outside = family === 4 ? `198.51.100.${host}` : `fd00::${host}`;
        return { mode, vip: place === 0 ? outside : inside, directors: ['director'] };
      }),
    });
  });
