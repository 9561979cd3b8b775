/** Answers, but the real servers reach the director by way of a router: one claim of eight is broken. */
export const DETOUR = `lvslab: 1
mode: nat
networks: { front: 203.0.113.0/24, back: 10.0.0.0/24 }
nodes:
  client: { on: front }
  director: { on: [front, back] }
  router: { on: back, gateway: director }
  rs: { on: back, count: 2, gateway: router }
services: [{ vip: 203.0.113.100 }]
`;
