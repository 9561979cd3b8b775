import { AUTHORITY_CERTIFICATE, AUTHORITY_KEY, signingFiles } from './authority.ts';
import type { WebPage } from './pages.ts';
import type { FileStep, Step } from './steps.ts';

export const WEB_ROOT = '/srv/www';
/** Where this file is, the web server answers everything with an error. */
export const WRONG_ANSWERS = '/run/web.wrong';
const KEY = '/etc/nginx/lab.key';
const CERTIFICATE = '/etc/nginx/lab.crt';

/** What a web server needs to speak TLS. */
export interface Tls {
  /** TCP ports on which it does. */
  ports: number[];
  /** IP addresses that its certificate is good for. */
  addresses: string[];
  /** The lab, whose authority signs it. */
  lab: string;
}

/**
 * The web server of a real server. It says who answered, in the body and in a header, and logs who asked, so that
 * the answer and the server's own record are two independent witnesses.
 * @param ports TCP ports to listen on, on every address
 * @param options.tls undefined: it speaks none
 * @param options.pages what it answers beside what every web server does
 * @param options.ipv6 whether the node has IPv6 addresses: without, it may not even have the protocol
 */
export function webServer(
  node: string,
  ports: number[],
  { tls, pages = [], ipv6 = false }: { tls?: Tls | undefined; pages?: WebPage[]; ipv6?: boolean } = {},
): Step[] {
  const everywhere = (port: number) => [String(port), ...(ipv6 ? [`[::]:${port}`] : [])];
  const files = pages.map((page) => ({ page, file: pageFile(page, pages) }));
  const listen = [
    ...ports.flatMap(everywhere).map((where) => `    listen ${where};`),
    ...(tls === undefined
      ? []
      : [
          ...tls.ports.flatMap(everywhere).map((where) => `    listen ${where} ssl;`),
          `    ssl_certificate ${CERTIFICATE};`,
          `    ssl_certificate_key ${KEY};`,
          // A client says goodbye by TLS before it closes. Where that finds the socket gone, a reset answers it, the
          // client closes nothing any more, and in TUN and DR the director never hears of the end.
          '    lingering_close always;',
        ]),
  ];
  const has = (path: string) => pages.some((page) => page.path === path);
  const locations = [
    ...files.map(({ page, file }) => `    location = ${quoted(page.path)} { alias ${quoted(file.path)}; }`),
    ...(has('/health') ? [] : ['    location = /health { return 200 "ok\\n"; }']),
    ...(has('/') ? [] : [`    location = / { return 200 "${node}\\n"; }`]),
  ];
  // What waits is accepted at once: where many connect, each takes a turn of the event loop less.
  const config = `# The web server of ${node}: says who answered, and logs who asked.
user root;
worker_processes 1;
pid /run/web.pid;
error_log /var/log/web.error.log;
events { worker_connections 1024; multi_accept on; }
http {
  log_format peers '$time_iso8601 $remote_addr:$remote_port > $server_addr:$server_port "$request" $status $body_bytes_sent';
  access_log /var/log/web.log peers;
  client_max_body_size 64m;
  server {
${listen.join('\n')}
    add_header X-Real-Server ${node} always;
    root ${WEB_ROOT};
    if (-e ${WRONG_ANSWERS}) { return 500 "${node} is out of order\\n"; }
${locations.join('\n')}
    location /upload/ { dav_methods PUT; create_full_put_path on; }
  }
}
`;
  return [
    ...(tls === undefined
      ? []
      : [
          ...signingFiles(tls.lab),
          {
            kind: 'certificate' as const,
            name: node,
            addresses: tls.addresses,
            authority: { keyFile: AUTHORITY_KEY, certificateFile: AUTHORITY_CERTIFICATE },
            keyFile: KEY,
            certificateFile: CERTIFICATE,
          },
        ]),
    ...files.map(({ file }) => file),
    { kind: 'file', path: '/etc/nginx/lab.conf', content: config },
    {
      kind: 'daemon',
      name: 'web',
      argv: ['/usr/sbin/nginx', '-c', '/etc/nginx/lab.conf'],
      pidfile: '/run/web.pid',
      logs: ['/var/log/web.log', '/var/log/web.error.log'],
    },
  ];
}

/** A page's file, with a name that its path can be told from. */
function pageFile(page: WebPage, pages: WebPage[]): FileStep {
  const name = ({ path }: WebPage) => path.slice(1).replaceAll(/[^\w.-]+/g, '_') || 'index';
  const alike = pages.filter((other) => name(other) === name(page));
  const number = alike.indexOf(page);
  return {
    kind: 'file',
    path: `${WEB_ROOT}/${name(page)}${number === 0 ? '' : `.${number + 1}`}`,
    content: page.text,
  };
}

/** A word as nginx reads it back. */
function quoted(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
}
