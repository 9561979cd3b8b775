import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const MODES = ['nat', 'tun', 'dr'];

export default {
  title: 'NAT, TUN and DR proven',
  about:
    'Three labs up, every claim of each held against packets, and down. The shell script beside it sets the same modes up in a guest that is there already, sends 32 bytes through each, and proves nothing; its processor time is that of the guest, and of the others the tool’s alone.',
  summary: [
    {
      what: 'NAT, TUN and DR: up, every claim proven, down',
      of: { name: 'lab verify' },
      beside: [
        ['one after the other', { name: 'up, test' }],
        ['the same modes by shell, 32 bytes each, nothing proven', { name: 'the same' }],
      ],
    },
  ],
  measure: (workplace, { kernels: [kernel] }) => {
    const { lacks } = kernel;
    const script = readFileSync(join(import.meta.dirname, '../three-modes.sh'), 'utf8');
    return workplace.race(`Three modes: up, every claim proven, down; ${kernel.name}`, [
      {
        name: 'the same modes by shell, 32 bytes each, no proof',
        ...{ role: 'peer', lacks },
        beside: () => workplace.processor('bench-shell'),
        prepare: () => workplace.labOn(kernel, 'up', 'nat', '--name', 'bench-shell', '--machine', 'embedded'),
        run: () => workplace.inGuest('bench-shell', 'sh -e', { input: script }),
      },
      {
        name: 'lab verify nat tun dr',
        lacks,
        run: () =>
          workplace.labOn(
            kernel,
            'verify',
            ...MODES,
            '--machine',
            'embedded',
            '--evidence',
            join(workplace.folder, 'evidence'),
          ),
      },
      {
        name: 'up, test and down, one after the other',
        lacks,
        run: async () => {
          for (const mode of MODES) {
            await workplace.labOn(kernel, 'up', mode, '--name', `bench-${mode}`, '--machine', 'embedded');
            await workplace.lab('test', `bench-${mode}`);
            await workplace.lab('down', `bench-${mode}`);
          }
        },
      },
    ]);
  },
};
