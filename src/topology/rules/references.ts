import {
  valueOf,
  type Draft,
  type DraftNetwork,
  type DraftNode,
  type DraftServer,
  type DraftService,
} from '../fields/draft.ts';
import type { Mode, Role } from '../types.ts';

/** What a name in the file stands for: the node that bears it, or the nodes of a counted one. */
export interface Referent {
  node: DraftNode;
  names: string[];
}

/** A real server of a service as the file states it, or as follows from the service having none stated. */
export interface StatedServer {
  /** Undefined where the service takes every real server. */
  entry: DraftServer | undefined;
  referent: Referent;
}

/** The names that a node stands for: its own, or those that its count makes. */
export function namesOf(node: DraftNode): string[] {
  if (node.count === undefined) return [node.name];
  return Array.from({ length: valueOf(node.count) ?? 0 }, (_, i) => `${node.name}${i + 1}`);
}

/** Finds what the names of a draft stand for. */
export class References {
  readonly draft: Draft;
  readonly #nodes = new Map<string, Referent>();
  readonly #networks: Map<string, DraftNetwork>;

  constructor(draft: Draft) {
    this.draft = draft;
    this.#networks = new Map(draft.networks.map((network) => [network.name, network]));
    for (const node of draft.nodes) this.#nodes.set(node.name, { node, names: namesOf(node) });
    for (const node of draft.nodes)
      for (const name of namesOf(node))
        if (!this.#nodes.has(name)) this.#nodes.set(name, { node, names: [name] });
  }

  network(name: string): DraftNetwork | undefined {
    return this.#networks.get(name);
  }

  /** Whether a network is named that is not there; never where the networks themselves could not be read. */
  lacksNetwork(name: string): boolean {
    return this.draft.networksKnown && !this.#networks.has(name);
  }

  networkNames(): string[] {
    return [...this.#networks.keys()];
  }

  node(name: string): Referent | undefined {
    return this.#nodes.get(name) ?? this.#perhapsCounted(name);
  }

  /** A member of a counted node whose count is wrong: that is complaint enough. */
  #perhapsCounted(name: string): Referent | undefined {
    const [, base = ''] = /^(.*?)\d+$/.exec(name) ?? [];
    const found = this.#nodes.get(base);
    return found?.node.count === 'unreadable' ? { node: found.node, names: [name] } : undefined;
  }

  /** Names that a user may write, of one role or of all. */
  nodeNames(role?: Role): string[] {
    return this.draft.nodes
      .filter((node) => role === undefined || valueOf(node.role) === role)
      .map((node) => node.name);
  }

  /** Every node of a role, in file order. */
  ofRole(role: Role): Referent[] {
    return this.draft.nodes
      .filter((node) => valueOf(node.role) === role)
      .map((node) => ({ node, names: namesOf(node) }));
  }

  /** What a service is carried by. */
  carrierOf(service: DraftService): Role {
    return this.modeOf(service, undefined) === 'proxy' ? 'proxy' : 'director';
  }

  /** The directors, or proxies, that carry a service; those that do not exist are left out. */
  directorsOf(service: DraftService): Referent[] {
    const stated = valueOf(service.directors);
    if (stated === undefined)
      return service.directors === undefined ? this.ofRole(this.carrierOf(service)) : [];
    return stated.map(({ value }) => this.node(value)).filter((r) => r !== undefined);
  }

  /** The real servers of a service; those that do not exist are left out. */
  serversOf(service: DraftService): StatedServer[] {
    if (service.servers === undefined)
      return this.ofRole('real-server')
        .filter(({ node }) => !this.#isFallback(node.name))
        .map((referent) => ({ entry: undefined, referent }));
    return (valueOf(service.servers) ?? []).flatMap((entry) => {
      const name = valueOf(entry.node);
      const referent = name === undefined ? undefined : this.node(name);
      return referent === undefined ? [] : [{ entry, referent }];
    });
  }

  /** The real servers of a service, and the one that answers when all of them are out. */
  answeringOf(service: DraftService): StatedServer[] {
    const fallback = valueOf(valueOf(service.health)?.fallback);
    const referent = fallback === undefined ? undefined : this.node(fallback);
    return [...this.serversOf(service), ...(referent === undefined ? [] : [{ entry: undefined, referent }])];
  }

  /** Whether a node is some service's fallback: then it is no real server unless a service names it as one. */
  #isFallback(name: string): boolean {
    return this.draft.services.some(({ health }) => valueOf(valueOf(health)?.fallback) === name);
  }

  /** How requests reach a server: its own mode, else the service's, else the topology's. */
  modeOf(service: DraftService, entry: DraftServer | undefined): Mode | undefined {
    return valueOf(entry?.mode ?? service.mode ?? this.draft.mode);
  }
}

/** The networks that two nodes are both attached to. */
export function sharedNetworks(a: DraftNode, b: DraftNode): string[] {
  const of = new Set(b.attachments.map((attachment) => attachment.network.value));
  return a.attachments.map((attachment) => attachment.network.value).filter((name) => of.has(name));
}

/** Whether a node's networks are all known, so that a conclusion can be drawn from them. */
export function settled(node: DraftNode, references: References): boolean {
  return (
    node.attachmentsKnown &&
    node.attachments.length > 0 &&
    node.attachments.every((a) => references.network(a.network.value) !== undefined)
  );
}
