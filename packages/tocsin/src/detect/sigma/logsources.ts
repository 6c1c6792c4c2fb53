// Which sources of events a rule's `logsource` means. Takes the log source, gives the sources; throws RuleProblem when
// no table of ours holds such events.
import { RuleProblem } from './expression.ts';
import { categories, keptWhole, unixCategories, unixServices, zeekServices } from './others.ts';
import type { LogSource } from './rule.ts';
import type { EventSource } from './source.ts';
import { anyWindows, windowsCategories, windowsService } from './windows.ts';

type Named = Readonly<Record<string, readonly EventSource[]>>;

const named = (sources: Named, name: string): readonly EventSource[] | null =>
  Object.hasOwn(sources, name) ? (sources[name] ?? null) : null;

/** @throws RuleProblem */
export function sourcesOf({ category, product, service }: LogSource): readonly EventSource[] {
  if (product === 'windows') return ofWindows(category, service);
  if (product === 'zeek') {
    const known = named(zeekServices, service);
    if (known !== null) return known;
  }
  if (product === 'macos')
    throw new RuleProblem(
      'logsource macos',
      'events do not say which Unix they come from, so macOS is not told apart',
    );
  if (product === 'linux' && category !== '') {
    const known = named(unixCategories, category);
    if (known !== null) return known;
    throw new RuleProblem(`logsource ${category}/linux`, `no table holds ${category} events of Linux`);
  }
  const everyone = service === '' ? named(categories, category) : null;
  if (everyone !== null) return everyone;
  if (service === 'netflow') return named(zeekServices, 'conn') ?? [];
  const more = product === 'linux' ? (named(unixServices, service) ?? []) : [];
  return [keptWhole(streamNames({ category, product, service })), ...more];
}

function ofWindows(category: string, service: string): readonly EventSource[] {
  if (category !== '') {
    const known = named(windowsCategories, category);
    if (known === null)
      throw new RuleProblem(`logsource ${category}/windows`, `no table holds ${category} events of Windows`);
    return known;
  }
  if (service === '') return anyWindows;
  const known = windowsService(service);
  if (known === null)
    throw new RuleProblem(
      `logsource windows/${service}`,
      `the Windows log ${service.slice(0, 60)} is not known`,
    );
  return known;
}

/** Names a stream of such records may have: `cloudtrail`, `aws-cloudtrail`, `aws`. */
function streamNames({ category, product, service }: LogSource): readonly string[] {
  const narrow = service === '' ? category : service;
  return [
    ...(narrow === '' ? [] : [narrow]),
    ...(narrow === '' || product === ''
      ? []
      : [`${product}-${narrow}`, `${product}.${narrow}`, `${product}:${narrow}`]),
    ...(narrow === '' && product !== '' ? [product] : []),
  ];
}
