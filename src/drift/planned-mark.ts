import type { MarkStep } from '../plan/steps.ts';

/** What a mark is given to, as tc says it of its own rules. */
export function plannedMark({ vip, protocol, port, mark }: MarkStep): Record<string, string> {
  return {
    eth_type: vip.includes(':') ? 'ipv6' : 'ipv4',
    ip_proto: protocol,
    dst_ip: vip,
    dst_port: String(port),
    action: `skbedit mark ${mark}`,
  };
}
