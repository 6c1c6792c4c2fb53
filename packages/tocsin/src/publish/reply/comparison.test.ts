// Two accounts side by side: every difference is named, and nothing else.
import { describe, expect, test } from 'vitest';
import type { Investigation } from '../../vocabulary/investigation.ts';
import { campaign as unfigured } from '../exporters/html/samples/campaign.ts';
import { withFigures } from '../exporters/html/samples/figures.ts';
import { compareInvestigations, isSame } from './comparison.ts';
import { groupsOfComparison } from './sides.ts';

const campaign = withFigures(unfigured());

const account = (change: (investigation: Investigation) => Partial<Investigation>): Investigation => {
  const investigation = structuredClone(campaign);
  return { ...investigation, ...change(investigation) };
};

describe('two accounts', () => {
  test('that are the same have no difference', () => {
    const comparison = compareInvestigations(campaign, structuredClone(campaign));
    expect(isSame(comparison)).toBe(true);
    expect(comparison.findings.same).toBe(campaign.findings.length);
  });

  test('of which one lacks a finding name it on the side that has it', () => {
    const [lost] = campaign.findings;
    const { findings } = compareInvestigations(
      campaign,
      account(({ findings }) => ({ findings: findings.slice(1) })),
    );
    expect(findings.onlyFirst.map(({ id }) => id)).toEqual([lost?.id]);
    expect(findings.onlySecond).toEqual([]);
  });

  test('that weigh a finding differently name the property', () => {
    const { findings } = compareInvestigations(
      campaign,
      account(({ findings }) => ({
        findings: findings.map((finding, at) => (at === 0 ? { ...finding, score: 0.123 } : finding)),
      })),
    );
    expect(findings.changed.map(({ properties }) => properties)).toEqual([['score']]);
  });

  test('with another value of a figure name the figure, whatever the order of the lists', () => {
    const { figures, ...rest } = compareInvestigations(
      campaign,
      account(({ figures, findings }) => ({
        findings: [...findings].reverse(),
        figures: figures.map((figure, at) => (at === 0 ? { ...figure, value: 987_654 } : figure)).reverse(),
      })),
    );
    expect(figures.changed.map(({ first, properties }) => [first.id, properties])).toEqual([
      [campaign.figures[0]?.id, ['value']],
    ]);
    expect(rest.findings.changed).toEqual([]);
  });

  test('that count the same value in another way say in which', () => {
    const comparison = compareInvestigations(
      campaign,
      account(({ figures }) => ({
        figures: figures.map((figure, at) =>
          at === 0
            ? {
                ...figure,
                definition: {
                  ...figure.definition,
                  where: [{ op: '=', column: 'path', value: 'border.log' }],
                },
              }
            : figure,
        ),
      })),
    );
    const [figures] = groupsOfComparison(comparison);
    expect(figures?.rows.map(({ reason }) => reason)).toEqual([
      expect.stringContaining('the second counted where path is border.log'),
    ]);
  });

  test('match an incident that was told anew by the findings it shares', () => {
    const { incidents } = compareInvestigations(
      campaign,
      account(({ incidents }) => ({
        incidents: incidents.map((incident, at) => (at === 0 ? { ...incident, id: 'i-new' } : incident)),
      })),
    );
    expect(incidents.onlyFirst).toEqual([]);
    expect(incidents.onlySecond).toEqual([]);
  });

  test('compare files by content: a renamed file is the same one', () => {
    const { evidence } = compareInvestigations(
      campaign,
      account(({ evidence }) => ({
        evidence: evidence.map((item) => ({ ...item, path: `moved/${item.path}` })),
      })),
    );
    expect(evidence.onlyFirst).toEqual([]);
    expect(evidence.changed).toEqual([]);
  });
});
