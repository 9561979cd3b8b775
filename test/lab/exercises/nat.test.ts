import { rounds } from './rounds.ts';

const UNANSWERED = ['answers', 'distribution', 'transfers', 'reply-from-vip'];

rounds('nat', {
  'forwarding-off': { broken: [...UNANSWERED, 'director'], wrong: ['answers'] },
  'wrong-gateway': {
    broken: [...UNANSWERED, 'replies-pass-director', 'gateway-is-director'],
    wrong: ['gateway-is-director'],
  },
  'wrong-port-mapping': { broken: [...UNANSWERED, 'request-rewritten', 'table'], wrong: ['distribution'] },
});

rounds('nat-inside', {
  'persistence-surprise': { broken: ['table', 'condition 1'], wrong: ['condition 1'] },
  'client-inside': {
    broken: [...UNANSWERED, 'replies-pass-director', 'gateway-is-director'],
    wrong: ['request-rewritten'],
  },
});
