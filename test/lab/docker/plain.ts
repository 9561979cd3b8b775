/**
 * A lab that takes nothing of the kernel but routing.
 * @param number second byte of its networks: labs of tests that run at once are not to meet
 */
export function plainTopology(number: number): string {
  return `lvslab: 1
mode: nat
networks: { west: 10.${number}.1.0/24, east: 10.${number}.2.0/24 }
nodes:
  h1: { role: client, on: west }
  r1: { role: router, on: [west, east] }
  h2: { role: client, on: east }
`;
}
