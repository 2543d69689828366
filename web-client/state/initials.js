/** What stands for a name where there is room for two letters. The rule is that of mcu/mixer/initials.py. Pure. */

const BETWEEN = /[\s()[\]{}<>",/·]+/u;
const CJK = /^[\u1100-\u11ff\u3040-\ud7ff\uf900-\ufaff]/u;
const NUMBER = /^[0-9.:#*+-]*?([0-9]{1,2})[.:#*+-]*$/u;
const ANY_ROOM = /^(?:[대중소]|화상|영상|제?[0-9]+)?(?:회의실|상황실|강당)$/u;
const PROVINCE = /^(?:(충)청|(전)라|(경)상)([남북])도/u;
const AROUND = /.[시도]$/u;
const WITHIN = /^(?!부[시구군]).+[구시군](?:청장?|장)?$/u;
const DISTRICTS =
  "종로|용산|성동|광진|중랑|성북|강북|도봉|노원|은평|마포|양천|강서|구로|금천|동작|관악|서초|강남|송파|강동|" +
  "영도|동래|사하|금정|연제|수영|사상|수성|달서|연수|남동|부평|계양|광산|유성|대덕";
const OFFICE = new RegExp(
  `^(?:.{2}[청처시군]|(?:${DISTRICTS})구|(?:경기|강원|제주)도|(?:국방|외교|통일|법무|교육|환경)부|감사원|회의실` +
    "|(?!남궁|황보|선우|제갈|사공|독고).{3}[구시군도청부처원실국과팀회장소관단사]|.{2}군수|.{5,})$",
  "u",
);
const segmenter = new Intl.Segmenter();

/** @param {string} name @param {string} office */
export function initials(name, office) {
  let words = wordsOf(name || office);
  if (ANY_ROOM.test(words[0] ?? "") && office) words = wordsOf(office);
  while (OFFICE.test(words[0] ?? "") && AROUND.test(words[0] ?? "") && WITHIN.test(words[1] ?? "")) {
    words = words.slice(1);
  }
  const [word = "", ...others] = words;
  const number = NUMBER.exec(word)?.[1];
  if (number) return number;
  const letters = lettersOf(word);
  if (!CJK.test(word)) return ((letters[0] ?? "") + (lettersOf(others.at(-1) ?? "")[0] ?? "")).toUpperCase();
  const province = PROVINCE.exec(word);
  if (province) return province.slice(1).join("");
  return (OFFICE.test(word) ? letters.slice(0, 2) : letters.slice(-2)).join("");
}

/** @param {string} text */
function wordsOf(text) {
  const words = text.normalize("NFC").trim();
  const parts = words.split(BETWEEN).filter(Boolean);
  return parts.length > 0 ? parts : words.split(/\s+/u).filter(Boolean);
}

/** As people see them. @param {string} word */
function lettersOf(word) {
  return [...segmenter.segment(word)].map(({ segment }) => segment);
}
