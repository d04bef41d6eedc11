// Word lists of the German stories, in the form of data/stories/en/words.yaml: what grammar asks for (articles, cases,
// pronouns) is a form of the entry.

/** A noun's forms: nominative and accusative, with the definite and the indefinite article, and an adjective's ending. */
const noun = (name: string, gender: 'm' | 'f' | 'n') => {
  const forms = {
    m: { the: 'der', theAcc: 'den', a: 'ein', aAcc: 'einen', end: 'en', mein: 'meinen', ihn: 'ihn' },
    f: { the: 'die', theAcc: 'die', a: 'eine', aAcc: 'eine', end: 'e', mein: 'meine', ihn: 'sie' },
    n: { the: 'das', theAcc: 'das', a: 'ein', aAcc: 'ein', end: 'es', mein: 'mein', ihn: 'es' },
  }[gender];
  return (
    `{ name: ${name}, the: ${forms.the} ${name}, acc: ${forms.theAcc} ${name}, a: ${forms.a} ${name}, ` +
    `aAcc: ${forms.aAcc} ${name}, one: ${forms.aAcc}, end: ${forms.end}, mine: ${forms.mein} ${name}, it: ${forms.ihn} }`
  );
};

const list = (name: string, entries: readonly string[]) =>
  `${name}:\n  entries:\n${entries.map((entry) => `    - ${entry}`).join('\n')}`;

const girl = (name: string) =>
  `{ name: ${name}, he: sie, him: sie, to: ihr, kind: Mädchen, a: ein Mädchen, article: ein kleines }`;
const boy = (name: string) =>
  `{ name: ${name}, he: er, him: ihn, to: ihm, kind: Junge, a: ein Junge, article: ein kleiner }`;

/** YAML. */
export const GERMAN_WORDS = [
  list('person', [
    ...[boy('Jonas'), girl('Greta'), boy('Anton'), girl('Frieda'), boy('Karl'), girl('Lotte')],
    ...[boy('Emil'), girl('Hanna'), boy('Paul'), girl('Ida'), boy('Otto'), girl('Klara')],
  ]),
  list('elder', [
    ...['{ name: Großmutter, he: sie }', '{ name: Großvater, he: er }', '{ name: der Bäcker, he: er }'],
    ...[
      '{ name: die Lehrerin, he: sie }',
      '{ name: der Müller, he: er }',
      '{ name: die Gärtnerin, he: sie }',
    ],
  ]),
  list('animal', [
    ...[noun('Hund', 'm'), noun('Katze', 'f'), noun('Vogel', 'm'), noun('Fuchs', 'm'), noun('Ente', 'f')],
    ...[noun('Pferd', 'n'), noun('Ziege', 'f'), noun('Maus', 'f'), noun('Frosch', 'm'), noun('Eule', 'f')],
  ]),
  list('thing', [
    ...[noun('Ball', 'm'), noun('Hut', 'm'), noun('Buch', 'n'), noun('Schlüssel', 'm'), noun('Boot', 'n')],
    ...[noun('Glocke', 'f'), noun('Ring', 'm'), noun('Puppe', 'f'), noun('Kiste', 'f'), noun('Tasse', 'f')],
    ...[noun('Mantel', 'm'), noun('Trommel', 'f'), noun('Lampe', 'f'), noun('Korb', 'm'), noun('Flöte', 'f')],
    ...[noun('Feder', 'f'), noun('Knopf', 'm'), noun('Pfeife', 'f')],
  ]),
  list('colour', ['rot', 'blau', 'grün', 'gelb', 'klein', 'weiß', 'braun', 'golden', 'silbern']),
  list('place', [
    '{ name: Garten, in: im Garten, to: in den Garten, near: am Garten }',
    '{ name: Wald, in: im Wald, to: in den Wald, near: am Wald }',
    '{ name: Fluss, in: am Fluss, to: zum Fluss, near: am Fluss }',
    '{ name: Berg, in: auf dem Berg, to: auf den Berg, near: am Berg }',
    '{ name: Strand, in: am Strand, to: zum Strand, near: am Strand }',
    '{ name: Markt, in: auf dem Markt, to: auf den Markt, near: am Markt }',
    '{ name: Teich, in: am Teich, to: zum Teich, near: am Teich }',
    '{ name: Hafen, in: im Hafen, to: in den Hafen, near: am Hafen }',
    '{ name: Wiese, in: auf der Wiese, to: auf die Wiese, near: an der Wiese }',
    '{ name: Mühle, in: hinter der Mühle, to: zur Mühle, near: an der Mühle }',
  ]),
  list('hiding', [
    ...['unter einem Busch', 'hinter einem Baum', 'im hohen Gras', 'zwischen zwei Steinen', 'hinter der Tür'],
    ...['in einem Loch', 'unter der Bank', 'neben der alten Mauer'],
  ]),
  list('food', ['Kuchen', 'Brot', 'Suppe', 'Äpfel', 'Milch', 'Honig', 'Käse', 'Beeren', 'Birnen']),
  list('weather', ['sonnig', 'warm', 'kalt', 'windig', 'regnerisch', 'neblig']),
  list('time', ['Morgen', 'Tag', 'Nachmittag', 'Abend']),
  list('mood', ['glücklich', 'froh', 'stolz', 'fröhlich']),
  list('trouble', ['traurig', 'besorgt', 'ängstlich', 'einsam']),
  list('quality', ['freundlich', 'mutig', 'klug', 'still', 'neugierig', 'geduldig']),
  list('way', ['auf und ab', 'die Straße entlang', 'über die Brücke', 'durch das Dorf', 'über das Feld']),
].join('\n');
