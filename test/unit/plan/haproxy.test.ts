import { expect, it } from 'vitest';
import { commandsOf, nodeOf, shipped } from './labs.ts';

const plan = shipped('haproxy');

it('needs no kernel module, no table and no forwarding', () => {
  expect(plan.modules).toEqual([]);
  for (const node of plan.nodes) {
    const commands = commandsOf(plan, node.name);
    expect(commands.filter((c) => c.includes('ipvsadm'))).toEqual([]);
    expect(commands.filter((c) => c.includes('ip_forward'))).toEqual(['sysctl -qw net.ipv4.ip_forward=0']);
  }
});

it('gives real servers no gateway', () => {
  expect(nodeOf(plan, 'rs1').steps.filter((s) => s.kind === 'route')).toEqual([]);
});

it('writes what HAProxy needs to know', () => {
  const [file] = nodeOf(plan, 'proxy').steps.filter((s) => s.kind === 'file');
  expect(file?.path).toBe('/etc/haproxy/haproxy.cfg');
  for (const line of [
    'mode http',
    'option forwardfor',
    'bind 203.0.113.100:80',
    'balance roundrobin',
    'server rs1 10.0.0.11:80 weight 1',
    'server rs2 10.0.0.12:80 weight 1',
  ])
    expect(file?.content).toContain(`    ${line}\n`);
});
