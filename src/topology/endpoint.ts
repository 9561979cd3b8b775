/** Address and port as URLs and ipvsadm write them: `192.0.2.1:80`, `[2001:db8::1]:80`. */
export function endpoint(address: string, port: number): string {
  return `${address.includes(':') ? `[${address}]` : address}:${port}`;
}
