import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { AUTHORITY_CERTIFICATE, AUTHORITY_KEY, signingFiles } from '../../../src/plan/authority.ts';
import { noticedWithin } from '../../../src/plan/health.ts';
import { LDIRECTORD_CONFIG } from '../../../src/plan/ldirectord.ts';
import { KEEPALIVED_CONFIG } from '../../../src/plan/keepalived.ts';
import type { Plan } from '../../../src/plan/types.ts';
import { webServer } from '../../../src/plan/web.ts';
import { pagePath } from '../../../src/topology/rules/page-text.ts';
import { commandsOf, nodeOf, planOf, shipped } from './labs.ts';

/** The plan of one of the files from the field. */
function fixture(name: string): Plan {
  const file = new URL(`../../fixtures/cases/${name}.yaml`, import.meta.url);
  return planOf(readFileSync(file, 'utf8'), name);
}

function fileOf(plan: Plan, path: string, node = 'director'): string {
  const step = nodeOf(plan, node).steps.find((s) => s.kind === 'file' && s.path === path);
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
    expect(config).toMatch(
      /virtual_server 192\.0\.2\.100 80 \{\n {2}delay_loop 2\n {2}warmup 0\n {2}lvs_sched rr/,
    );
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

  it('waits for three time-outs in a row where they are longer than the interval', () => {
    const [web] = SHOP.services;
    expect(web === undefined ? undefined : noticedWithin(web)).toBe(5 + 3 * 8);
  });
});

const SHOP = fixture('c34-ldirectord-shop');

describe('a page that is asked for', () => {
  it('is there, with a text that the check wants to find', () => {
    for (const node of ['web1', 'shop3']) {
      expect(fileOf(SHOP, '/srv/www/areyouthere.php', node)).toBe('OK web0\n');
      expect(fileOf(SHOP, '/etc/nginx/lab.conf', node)).toContain(
        '    location = /areyouthere.php { alias /srv/www/areyouthere.php; }\n',
      );
    }
    // Nobody checks the fallback.
    expect(fileOf(SHOP, '/etc/nginx/lab.conf', 'director')).not.toContain('areyouthere');
  });

  it.each([
    ['ok', '/health', undefined],
    ['^fine$', '/health', 'fine'],
    ['rs[12]', '/', undefined],
    ['ready', '/', 'NODE\nready\n'],
    ['ok', '/check?full=1', 'ok\n'],
    ['.*', '/check', 'ok\n'],
    ['(?i)^up$', '/a%20b/c.php', 'UP'],
  ])('finds %s at %s', (receive, request, text) => {
    const plan = planOf(
      `mode: dr\nnetworks: { lan: 192.0.2.0/24 }\nnodes: { client: { on: lan }, director: { on: lan }, rs: { on: lan, count: 2 } }\nservices: [{ vip: 192.0.2.100, health: { check: negotiate, receive: '${receive}', request: '${request}' } }]`,
    );
    for (const node of ['rs1', 'rs2']) {
      const pages = nodeOf(plan, node).steps.flatMap((s) =>
        s.kind === 'file' && s.path.startsWith('/srv/www/') ? [s] : [],
      );
      expect(pages.map(({ content }) => content)).toEqual(
        text === undefined ? [] : [text.replace('NODE', node)],
      );
      const [page] = pages;
      if (page !== undefined)
        expect(fileOf(plan, '/etc/nginx/lab.conf', node)).toContain(`alias ${page.path}; }`);
    }
  });

  it('is compared as the web server decodes it', () => {
    expect(pagePath('/a%20b//c/./d.php?x=%2F')).toBe('/a b/c/d.php');
    expect(pagePath('//a')).toBe('/a');
    expect(pagePath('/%zz')).toBeUndefined();
    const [config] = webServer('rs1', [80], { pages: [{ path: '/a b"', text: 'x' }] }).filter(
      (s) => s.kind === 'file' && s.path.endsWith('.conf'),
    );
    expect(config?.kind === 'file' ? config.content : '').toContain(
      'location = "/a b\\"" { alias /srv/www/a_b_; }',
    );
  });
});

describe('a fallback on the director', () => {
  it('is a web server there, and nothing that a real server needs', () => {
    const commands = commandsOf(SHOP, 'director').join('\n');
    expect(commands).not.toContain('dev lo');
    expect(commands).not.toContain('arp_ignore');
    const config = fileOf(SHOP, '/etc/nginx/lab.conf', 'director');
    expect(config).toContain('    listen 80;\n    listen 443 ssl;\n');
    expect(fileOf(SHOP, LDIRECTORD_CONFIG)).toContain('\tfallback=192.0.2.1:443 gate\n');
  });
});

describe('the authority of a lab', () => {
  it('signs itself, and is trusted by the director that checks over TLS', () => {
    const authority = new X509Certificate(fileOf(SHOP, AUTHORITY_CERTIFICATE, 'web1'));
    expect(authority.subject).toBe('CN=lvslab');
    expect(authority.ca).toBe(true);
    expect(authority.verify(authority.publicKey)).toBe(true);
    expect(authority.checkPrivateKey(createPrivateKey(fileOf(SHOP, AUTHORITY_KEY, 'web1')))).toBe(true);
    const trusted = nodeOf(SHOP, 'director').steps.find(
      (s) => s.kind === 'file' && /^\/etc\/ssl\/certs\/[0-9a-f]{8}\.0$/.test(s.path),
    );
    expect(trusted?.kind === 'file' ? trusted.content : '').toBe(authority.toString());
  });

  it('is another in another lab, and the same in the same', () => {
    const key = (name: string) => signingFiles(name)[0]?.content;
    expect(key('one')).toBe(key('one'));
    expect(key('one')).not.toBe(key('two'));
  });

  it('is unknown where nobody speaks TLS', () => {
    for (const node of shipped('health').nodes)
      expect(node.steps.filter((s) => s.kind === 'file' && s.content.includes('CERTIFICATE'))).toEqual([]);
  });
});
