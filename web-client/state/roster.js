/** The order of the roster, who waits to speak, and finding somebody in it. Pure. */

/** @typedef {import("../protocol").Participant} Participant */

const CONSONANTS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"; // the first letters of syllables, in Unicode's order
const [FIRST_SYLLABLE, LAST_SYLLABLE, PER_CONSONANT] = [0xac00, 0xd7a3, 588];

/**
 * By seat, as protocol has it; those without one last, as they came. The server gives the roster so, but tells of
 * those who come later one by one.
 *
 * @param {readonly Participant[]} participants
 * @returns {readonly Participant[]}
 */
export function inOrder(participants) {
  return participants.toSorted((a, b) => Number(a.seat === 0) - Number(b.seat === 0) || a.seat - b.seat);
}

/**
 * Whose hand is up, the first raised first. The server tells no times: those whose hands were up before this page came
 * stand in the order of the roster.
 *
 * @param {readonly string[]} before
 * @param {readonly Participant[]} participants
 * @returns {readonly string[]}
 */
export function handsOf(before, participants) {
  const raised = participants.filter((one) => one.hand).map((one) => one.participant);
  const known = before.filter((one) => raised.includes(one));
  const hands = [...known, ...raised.filter((one) => !known.includes(one))];
  return hands.length === before.length && hands.every((one, index) => one === before[index]) ? before : hands;
}

/**
 * Those whose name or office, or what is behind them, has `words` in it; Hangul's consonants alone find syllables that
 * begin so.
 *
 * @param {readonly Participant[]} participants
 * @param {string} words
 */
export function found(participants, words) {
  const wanted = plain(words);
  return participants.filter(({ name, office, labels }) =>
    [name, office, ...labels].map(plain).some((text) => text.includes(wanted) || consonants(text).includes(wanted)),
  );
}

/** @param {string} text */
function plain(text) {
  return text.normalize("NFC").toLowerCase().replace(/\s/g, "");
}

/** @param {string} text */
function consonants(text) {
  return [...text]
    .map((letter) => {
      const code = letter.codePointAt(0) ?? 0;
      const hangul = code >= FIRST_SYLLABLE && code <= LAST_SYLLABLE;
      return hangul ? CONSONANTS[Math.floor((code - FIRST_SYLLABLE) / PER_CONSONANT)] : letter;
    })
    .join("");
}
