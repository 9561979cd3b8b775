import { describe, expect, it } from 'vitest';
import { noticedWithin } from '../../../src/plan/health.ts';
import { LDIRECTORD_CONFIG } from '../../../src/plan/ldirectord.ts';
import { KEEPALIVED_CONFIG } from '../../../src/plan/keepalived.ts';
import type { Plan } from '../../../src/plan/types.ts';
import { commandsOf, nodeOf, shipped } from './labs.ts';

function fileOf(plan: Plan, path: string): string {
  const step = nodeOf(plan, 'director').steps.find((s) => s.kind === 'file' && s.path === path);
  return step?.kind === 'file' ? step.content : '';
}

describe('health', () => {
  it('by ldirectord is its configuration', () => {
    const config = fileOf(shipped('health'), LDIRECTORD_CONFIG);
    for (const line of [
      'virtual=192.0.2.100:80',
      '\treal=192.0.2.11:80 gate 1',
      '\tfallback=192.0.2.13:80 gate',
      '\tservice=http',
      '\tchecktype=negotiate',
      '\trequest="health"',
      '\treceive="ok"',
      '\tcheckinterval=2',
      '\tchecktimeout=1',
      '\tquiescent=no',
    ])
      expect(config.split('\n')).toContain(line);
  });

  it('by keepalived is its configuration', () => {
    const config = fileOf(shipped('health-keepalived'), KEEPALIVED_CONFIG);
    expect(config).toMatch(/virtual_server 192\.0\.2\.100 80 \{\n {2}delay_loop 2\n {2}lvs_sched rr/);
    expect(config).toContain('sorry_server 192.0.2.13 80');
    expect(config).toMatch(/HTTP_GET \{\n +url \{\n +path \/health\n +status_code 200\n +regex "ok"/);
  });

  it('makes the fallback ready as a real server, but no director sends to it', () => {
    const plan = shipped('health');
    expect(commandsOf(plan, 'sorry')).toContain('ip addr replace 192.0.2.100/32 dev lo');
    expect(plan.services[0]?.servers.map((s) => s.node)).toEqual(['rs1', 'rs2']);
    expect(commandsOf(plan, 'director').join('\n')).not.toContain('-r 192.0.2.13');
  });

  it('notices within what its intervals come to: ldirectord asks one server after the other', () => {
    const promised = (name: string) => {
      const [service] = shipped(name).services;
      return service === undefined ? undefined : noticedWithin(service);
    };
    expect(promised('health')).toBe(4);
    expect(promised('health-keepalived')).toBe(3);
    expect(promised('dr')).toBeUndefined();
  });
});
