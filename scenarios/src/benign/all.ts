// Everything innocent that happens at an organisation, by the jobs its hosts have.
import type { Source } from '../flow.ts';
import { hostsOf, type Organisation, type World } from '../world.ts';
import { customerServers } from './hosting.ts';
import { mailExchange } from './mail.ts';
import { internetNoise } from './noise.ts';
import { browsing, filesAndPrinting, largeUploads, logins, videoCalls } from './office.ts';
import { healthChecks, mailChecks, outsidePolling, timeKeeping } from './polling.ts';
import { type DocumentDoor, documentSystem, visitors } from './public-servers.ts';
import { administration, proxies, vpn } from './remote.ts';
import { backups, databaseTraffic, internalUpdates, vulnerabilityScan } from './upkeep.ts';
import { webmail } from './webmail.ts';

/** All benign sources of the organisation, in a fixed order. */
export function benignSources(world: World, organisation: Organisation, door: DocumentDoor): Source[] {
  const has = (...jobs: Parameters<typeof hostsOf>[1][]) =>
    jobs.every((job) => hostsOf(organisation, job).length > 0);
  const isOffice = has('workstation', 'domain-controller', 'file-server', 'mail');
  return [
    ...(isOffice
      ? [
          browsing(world, organisation),
          videoCalls(world, organisation),
          largeUploads(world, organisation),
          filesAndPrinting(world, organisation),
          logins(world, organisation),
          ...mailChecks(world, organisation),
          ...webmail(world, organisation),
        ]
      : []),
    ...(has('domain-controller')
      ? [...outsidePolling(world, organisation), ...timeKeeping(world, organisation)]
      : []),
    ...healthChecks(world, organisation),
    ...(has('backup') ? backups(world, organisation) : []),
    ...(has('update-server') ? internalUpdates(world, organisation) : []),
    ...(has('vulnerability-scanner') ? [vulnerabilityScan(world, organisation)] : []),
    ...databaseTraffic(world, organisation),
    ...visitors(world, organisation),
    ...documentSystem(world, organisation, door),
    ...mailExchange(world, organisation),
    ...vpn(world, organisation),
    ...proxies(world, organisation),
    ...administration(world, organisation),
    ...internetNoise(world, organisation),
    ...customerServers(world, organisation),
  ];
}
