import { measureText, withoutZeros } from '../topology/fields/quality.ts';
import type { Network, Quality, TopologyNode } from '../topology/types.ts';
import type { Command } from './command.ts';
import type { LinkQualityStep } from './steps.ts';

/** A step for each interface that does not send plainly: as its network says, but for what it says itself. */
export function qualitySteps(node: TopologyNode, networks: Network[]): LinkQualityStep[] {
  return node.attachments.flatMap((attachment, index): LinkQualityStep[] => {
    const network = networks.find((n) => n.name === attachment.network);
    const quality = withoutZeros({ ...network?.quality, ...attachment.quality });
    return Object.keys(quality).length === 0
      ? []
      : [{ kind: 'link-quality', device: `eth${index}`, ...quality }];
  });
}

/**
 * netem as root queueing discipline: it acts on what the interface sends. TCP hands over what may be 64 kB in one
 * piece, which would be lost, or wait, as one packet; so the interface takes single segments as long as netem is there.
 */
export function linkQuality(step: LinkQualityStep): Command[] {
  const { device } = step;
  const plain = Object.keys(withoutZeros(step)).length === 0;
  const pieces: Command = {
    argv: ['ip', 'link', 'set', device, 'gso_max_segs', plain ? String(MOST_SEGMENTS) : '1'],
  };
  if (!plain) return [pieces, { argv: ['tc', 'qdisc', 'replace', 'dev', device, 'root', ...netem(step)] }];
  return [
    pieces,
    {
      argv: ['tc', 'qdisc', 'del', 'dev', device, 'root'],
      // The kernel's own discipline, which is there where no other is, cannot be removed.
      unless: ['sh', '-c', `tc qdisc show dev ${device} root | grep -q '^qdisc noqueue '`],
    },
  ];
}

/** The kernel's own limit (GSO_MAX_SEGS, include/linux/netdevice.h). */
const MOST_SEGMENTS = 65535;

function netem({ delay, jitter, loss, rate }: Quality): string[] {
  return [
    'netem',
    'limit',
    String(queueLimit(delay ?? 0, rate)),
    ...(delay
      ? ['delay', measureText('delay', delay), ...(jitter ? [measureText('jitter', jitter)] : [])]
      : []),
    ...(loss ? ['loss', measureText('loss', loss)] : []),
    ...(rate ? ['rate', measureText('rate', rate)] : []),
  ];
}

/**
 * Packets that may wait: netem holds those under way as well as those that queue for the rate. Beside the delay
 * there is room for a tenth of a second at the rate, as a reasonable router has; without a rate nothing queues.
 */
function queueLimit(delay: number, rate: number | undefined): number {
  if (!rate) return 100_000;
  const bits = ((delay + 100_000) / 1_000_000) * rate;
  return Math.min(100_000, Math.max(50, Math.ceil(bits / 8 / 1500)));
}
