import type { Step } from './steps.ts';

export const WEB_ROOT = '/srv/www';
/** Where this file is, the web server answers everything with an error. */
export const WRONG_ANSWERS = '/run/web.wrong';
const KEY = '/etc/nginx/lab.key';
const CERTIFICATE = '/etc/nginx/lab.crt';

/**
 * The web server of a real server. It says who answered, in the body and in a header, and logs who asked, so that
 * the answer and the server's own record are two independent witnesses.
 * @param ports TCP ports to listen on, on every address
 * @param tlsPorts those on which it speaks TLS, with a certificate of its own: the director cannot look inside
 * @param vips what the certificate is good for
 * @param ipv6 whether the node has IPv6 addresses: without, it may not even have the protocol
 */
export function webServer(
  node: string,
  ports: number[],
  { tlsPorts = [], vips = [], ipv6 = false }: { tlsPorts?: number[]; vips?: string[]; ipv6?: boolean } = {},
): Step[] {
  const everywhere = (port: number) => [String(port), ...(ipv6 ? [`[::]:${port}`] : [])];
  const listen = [
    ...ports.flatMap(everywhere).map((where) => `    listen ${where};`),
    ...tlsPorts.flatMap(everywhere).map((where) => `    listen ${where} ssl;`),
    ...(tlsPorts.length === 0
      ? []
      : [`    ssl_certificate ${CERTIFICATE};`, `    ssl_certificate_key ${KEY};`]),
  ];
  const config = `# The web server of ${node}: says who answered, and logs who asked.
user root;
worker_processes 1;
pid /run/web.pid;
error_log /var/log/web.error.log;
events { worker_connections 1024; }
http {
  log_format peers '$time_iso8601 $remote_addr:$remote_port > $server_addr:$server_port "$request" $status $body_bytes_sent';
  access_log /var/log/web.log peers;
  client_max_body_size 64m;
  server {
${listen.join('\n')}
    add_header X-Real-Server ${node} always;
    root ${WEB_ROOT};
    if (-e ${WRONG_ANSWERS}) { return 500 "${node} is out of order\\n"; }
    location = /health { return 200 "ok\\n"; }
    location = / { return 200 "${node}\\n"; }
    location /upload/ { dav_methods PUT; create_full_put_path on; }
  }
}
`;
  return [
    ...(tlsPorts.length === 0
      ? []
      : [
          {
            kind: 'certificate' as const,
            name: node,
            addresses: vips,
            keyFile: KEY,
            certificateFile: CERTIFICATE,
          },
        ]),
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
