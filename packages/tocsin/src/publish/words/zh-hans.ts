// The report in Simplified Chinese (zh-Hans).
import type { Catalogue } from './translate.ts';
import { detectorTexts } from './zh-hans/detectors.ts';
import { figureTexts } from './zh-hans/figures.ts';
import { reportTexts } from './zh-hans/report.ts';

const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const;
const names = months.flatMap((name) => [name, name.slice(0, 3)]);
const written = new RegExp(`\\b(\\d{1,2}) (${names.join('|')})(?: (\\d{4}))?(, (?=\\d\\d:))?`, 'g');

export const zhHans: Catalogue = {
  language: 'zh-Hans',
  texts: [...reportTexts, ...detectorTexts, ...figureTexts],
  between: {
    ' — ': ' — ',
    ': ': '：',
    '; ': '；',
    ' · ': ' · ',
    ', and ': '、',
    ', ': '、',
    ' and ': '和',
    ' or ': ' 或 ',
  },
  time: (text) =>
    text.replace(written, (_, day, name, year, comma) => {
      const month = String(months.findIndex((month) => month.startsWith(String(name).slice(0, 3))) + 1);
      const date = `${month}月${String(day)}日`;
      return `${year === undefined ? '' : `${String(year)}年`}${date}${comma === undefined ? '' : ' '}`;
    }),
};
