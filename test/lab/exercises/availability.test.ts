import { rounds } from './rounds.ts';

rounds('health', {
  'health-never-matches': {
    broken: ['answers', 'distribution', 'health', 'transfers', 'request-redirected', 'condition 1'],
    perhaps: ['reply-from-vip', 'replies-bypass-director'],
    wrong: ['condition 1'],
  },
});

rounds('sync', { 'sync-mismatch': { broken: ['sync'], wrong: ['sync'] } });

// Whose answer wins is a race, for each client and address anew.
rounds('failover', {
  'both-active': {
    broken: ['one-arp-owner', 'condition 1', 'condition 2'],
    perhaps: [
      'answers',
      'distribution',
      'director',
      'transfers',
      'sync',
      'one-neighbour-owner',
      'request-redirected',
      'reply-from-vip',
      'replies-bypass-director',
    ],
    wrong: ['condition 2'],
  },
});
