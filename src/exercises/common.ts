import { NUMBERED_REQUESTS } from '../traffic/client-ports.ts';
import type { Condition, ShellStep } from './types.ts';

/** What is done in several faults. */

const SERVICE = '-t {vip}:{port}';
export const SERVER = `${SERVICE} -r {server-address}:{server-port}`;

/** Takes the real server out, so that nobody is sent to it: no more errors, and less of a service than was promised. */
export const SERVER_REMOVED: ShellStep = { on: '{director}', run: `ipvsadm -d ${SERVER}` };

/** Replaces the service's scheduler, flags and persistence. */
export function edited(options: string): ShellStep {
  return { on: '{director}', run: `ipvsadm -E ${SERVICE} ${options}` };
}

const RESTART =
  '/usr/sbin/nginx -c /etc/nginx/lab.conf -s stop; while [ -e /run/web.pid ]; do sleep 0.05; done; /usr/sbin/nginx -c /etc/nginx/lab.conf';

/** Makes the web server of the real server listen elsewhere. A reload cannot take a port from its own old socket. */
export function listening(from: string, to: string): ShellStep {
  return {
    on: '{server}',
    run: `sed -i 's/listen ${from}/listen ${to}/' /etc/nginx/lab.conf; ${RESTART}`,
  };
}

/** Whoever asks for the VIP forgets whom it took for the VIP's owner. */
export const FORGOTTEN: ShellStep = { on: '{asker}', run: 'ip neigh flush all' };

/** Pins the director's MAC address where the VIP is asked for. */
export const PINNED: ShellStep = {
  on: '{asker}',
  run: 'ip neigh replace {vip} lladdr {director-mac} dev {asker-device} nud permanent',
};

/** Nobody was given the VIP's MAC address by hand: the next director, or the next client, would suffer from it. */
export const LEARNT: Condition = {
  on: '{asker}',
  run: '! ip neigh show {vip} nud permanent | grep -q .',
  right: {
    en: 'Nobody was told by hand who has the virtual address.',
    de: 'Niemandem wurde von Hand vorgegeben, wer die virtuelle Adresse hat.',
  },
  wrong: {
    en: 'Somebody was told by hand who has the virtual address: that must be found out by itself, for every client.',
    de: 'Jemandem wurde von Hand vorgegeben, wer die virtuelle Adresse hat: das muss sich für jeden Client von selbst ergeben.',
  },
};

/** One node alone answers for the VIP, whoever asks. */
export const ONE_OWNER: Condition = {
  on: '{asker}',
  run: String.raw`[ "$(arping -c 2 -w 2 -b -I {asker-device} {vip} | grep -o '\[[0-9A-Fa-f:]*\]' | sort -u | wc -l)" -eq 1 ]`,
  right: {
    en: 'Whoever asks for the virtual address gets one answer.',
    de: 'Wer nach der virtuellen Adresse fragt, bekommt eine Antwort.',
  },
  wrong: {
    en: 'Whoever asks for the virtual address does not get exactly one answer.',
    de: 'Wer nach der virtuellen Adresse fragt, bekommt nicht genau eine Antwort.',
  },
};

/** Prints who answers four requests of one client. */
const ANSWERS = `{ set -- 4 {url} "$(printf 'silent\\ninsecure\\nmax-time = 2')"; ${NUMBERED_REQUESTS}
} | curl -K -`;

/** Where several clients ask, each could have a server of its own and the shares be even all the same. */
export const TAKES_TURNS: Condition = {
  on: '{client}',
  run: `[ "$(${ANSWERS} | sort -u | wc -l)" -gt 1 ]`,
  right: {
    en: 'One client gets to several servers.',
    de: 'Ein Client kommt zu mehreren Servern.',
  },
  wrong: {
    en: 'One client gets to one server only.',
    de: 'Ein Client kommt nur zu einem Server.',
  },
};
