import type { ServiceAddress } from '../plan/service-name.ts';
import type { PlannedServer } from '../plan/types.ts';

/** What a forwarding method promises about the packets of a service: data, decided on by `judge`. */
export type Claim =
  | RequestRewritten
  | RequestEncapsulated
  | RequestRedirected
  | ReplyFromVip
  | RepliesPassDirector
  | RepliesBypassDirector
  | GatewayIsDirector
  | OneMacOwner
  | ServersElsewhere;

interface Promised {
  /** `nat/203.0.113.100:80/reply-from-vip`, of UDP `dr/192.0.2.100:53/udp/reply-from-vip`: unique in a plan. */
  id: string;
  mode: PlannedServer['mode'];
  /** An English sentence. */
  promise: string;
  service: ServiceAddress;
  directors: string[];
  /** Real servers that the promise is made about; each must be seen to keep it. */
  servers: PromisingServer[];
}

/** A real server that a promise is made about. */
export interface PromisingServer {
  node: string;
  address: string;
  port: number;
  /** The clients whose connections it is made about, where it is not about those of all. */
  clients?: string[];
}

/** NAT: the request reaches the real server from the client's address, to the server's own address and port. */
export interface RequestRewritten extends Promised {
  kind: 'request-rewritten';
}

/** TUN: from director to real server an outer header goes around the unchanged packet. */
export interface RequestEncapsulated extends Promised {
  kind: 'request-encapsulated';
  /** IANA number in the outer IP header: 4 IPv4, 41 IPv6, 47 GRE, 17 UDP (GUE). */
  protocol: 4 | 41 | 47 | 17;
}

/** DR: the director gives the frame the real server's MAC and leaves IP addresses and ports alone. */
export interface RequestRedirected extends Promised {
  kind: 'request-redirected';
}

/** Every mode: the client gets answers from VIP and port that it asked, and from nowhere else. */
export interface ReplyFromVip extends Promised {
  kind: 'reply-from-vip';
}

/**
 * What a real server replies comes by way of the director: in NAT always, in TUN and DR where the routes lead by it, and
 * then it leaves the reply as it is.
 */
export interface RepliesPassDirector extends Promised {
  kind: 'replies-pass-director';
}

/** TUN and DR, where no route leads by it: no director ever gets a reply to carry. An absence, so it needs a control packet. */
export interface RepliesBypassDirector extends Promised {
  kind: 'replies-bypass-director';
}

/** NAT: the frames of a real server's replies are addressed to the director's MAC. */
export interface GatewayIsDirector extends Promised {
  kind: 'gateway-is-director';
}

/** DR, and TUN on a shared segment: one MAC answers for the VIP (IPv4: ARP; IPv6: neighbours), the director's. */
export interface OneMacOwner extends Promised {
  kind: 'one-arp-owner' | 'one-neighbour-owner';
  /** Networks of the plan whose subnet holds the VIP. */
  networks: string[];
}

/** TUN: requests reach the real server over a router, for it is not on the director's segment. */
export interface ServersElsewhere extends Promised {
  kind: 'servers-elsewhere';
}
