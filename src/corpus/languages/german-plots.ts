// Plots of the German stories, in the form of data/stories/en/plots.yaml: beat by beat what the English ones tell.

const CAST =
  'hero: person, thing: thing, colour: colour, place: place, weather: weather, time: time, trouble: trouble, mood: mood, food: food, quality: quality, hiding: hiding, way: way';

/** YAML. */
export const GERMAN_PLOTS = `
plots:
  - name: lost
    cast: { ${CAST}, friend: animal }
    beats:
      - opening
      - { beat: character, chance: 0.3 }
      - owns
      - { beat: weather, chance: 0.35 }
      - goes
      - { beat: steps, chance: 0.5 }
      - loses
      - sorrow
      - meets-animal
      - { beat: animal-asks, chance: 0.5 }
      - { beat: search, chance: 0.8 }
      - found
      - { beat: thanks-animal, chance: 0.4 }
      - home
      - { beat: night, chance: 0.3 }

  - name: gift
    cast: { ${CAST}, friend: person, elder: elder }
    beats:
      - opening
      - { beat: character, chance: 0.3 }
      - has-friend
      - birthday
      - { beat: weather, chance: 0.3 }
      - no-gift
      - visits-elder
      - work
      - { beat: eats, chance: 0.3 }
      - elder-gives
      - { beat: steps, chance: 0.4 }
      - brings-gift
      - pleased
      - { beat: night, chance: 0.2 }

  - name: quarrel
    cast: { ${CAST}, friend: person, elder: elder }
    beats:
      - opening
      - has-friend
      - { beat: weather, chance: 0.35 }
      - finds-thing
      - both-want
      - breaks-off
      - sorrow
      - { beat: advice, chance: 0.8 }
      - { beat: steps, chance: 0.4 }
      - sorry
      - shares
      - { beat: eats, chance: 0.3 }
      - lesson

beats:
  opening:
    - "Es war einmal {hero.a} namens {hero}."
    - "{Hero} war {hero.article} {hero.kind}."
    - "{Hero} wohnte in einem [kleinen|stillen|alten] Haus {place.near}."
    - "In einem [kleinen|weißen] Haus {place.near} wohnte {hero.a} namens {hero}."
  character:
    - "{Hero.he} war [sehr|immer|wirklich] {quality}."
    - "Alle sagten, dass {hero} {quality} war."
    - "{Hero.he} aß gern {food}."
  owns:
    - "{Hero} hatte {thing.one} {colour}{thing.end} {thing} und liebte {thing.it} sehr."
    - "{Hero.he} hatte {thing.one} {colour}{thing.end} {thing}."
    - "Zum Geburtstag bekam {hero} {thing.one} {colour}{thing.end} {thing}."
  weather:
    - "Der {time} war {weather}."
    - "An diesem {time} war es {weather}."
    - "Draußen war es {weather}."
  goes:
    - "{Hero} ging mit dem Spielzeug {place.to}."
    - "{Hero.he} nahm {thing.acc} mit und lief {place.to}."
    - "Eines Tages ging {hero} {place.to}."
  steps:
    - "{Hero} ging {way}."
    - "Dann lief {hero.he} {way}."
  loses:
    - "Aber {place.in} war {thing.the} nicht mehr da."
    - "{Hero} lief so schnell, dass {hero.he} {thing.acc} verlor."
    - "Nach einer Weile sah {hero}, dass {thing.the} weg war."
  sorrow:
    - "{Hero} war [sehr|ganz] {trouble}."
    - "{Hero} setzte sich und war {trouble}."
    - "Nun war {hero} {trouble}."
  meets-animal:
    - "Da kam {friend.a} vorbei."
    - "{Friend.a} hörte {hero.him} und kam näher."
    - "Eine Stimme sagte guten Tag. Es war {friend.a}."
  animal-asks:
    - "\\"Warum bist du {trouble}?\\" fragte {friend.the}."
    - "\\"Ich habe {thing.mine} verloren\\", sagte {hero}."
    - "\\"Kann ich dir helfen?\\" sagte {friend.the}. \\"Ja, bitte\\", sagte {hero}."
  search:
    - "Sie suchten {thing.acc} überall."
    - "Sie gingen auf und ab und suchten {thing.acc}."
    - "Sie suchten {hiding}, aber {thing.the} war nicht dort."
  found:
    - "[Endlich|Dann|Bald] fanden sie {thing.acc} {hiding}."
    - "Dann sah {hero} etwas {hiding}. Es war {thing.the}!"
    - "\\"Schau!\\" sagte {friend.the}. {Thing.the} lag {hiding}."
  thanks-animal:
    - "\\"Danke\\", sagte {hero} und war {mood}."
    - "{Hero} dankte, und sie wurden Freunde."
  home:
    - "{Hero} ging nach Hause und war {mood}."
    - "Dann nahm {hero} {thing.acc} mit nach Hause und verlor {thing.it} nie wieder."
    - "Von da an trafen sie sich jeden [Tag|Sonntag] {place.in}."
  night:
    - "In dieser Nacht schlief {hero} [gut|tief|fest]."
    - "Als der Mond kam, war {hero} im Bett."
  has-friend:
    - "{Friend} und {hero} waren gute Freunde."
    - "Nebenan wohnte {friend}, und sie spielten oft zusammen."
  birthday:
    - "Bald hatte {friend} Geburtstag."
    - "{Friend} war krank und musste im Bett bleiben."
  no-gift:
    - "{Hero} wollte {friend.to} {thing.one} {colour}{thing.end} {thing} schenken, aber {hero.he} hatte kein Geld."
    - "{Friend} wünschte sich {thing.one} {colour}{thing.end} {thing}. Aber {hero} hatte nichts."
  visits-elder:
    - "Da ging {hero} {place.to} und traf dort Hilfe. Es war {elder}."
    - "{Place.in} war {elder}."
  work:
    - "{Hero} arbeitete den ganzen {time}."
    - "{Hero} trug Wasser und Holz für das Haus."
    - "Da fegte {hero} den Boden und spülte die Teller."
  eats:
    - "[Mittags|Dann|Später] aßen sie {food}."
    - "Dann aßen sie {food} und lachten."
  elder-gives:
    - "\\"Gut gemacht\\", sagte {elder}, und {hero} bekam {thing.acc}."
    - "[Endlich|Dann] gab {elder} {hero.to} {thing.acc}."
  brings-gift:
    - "{Hero} lief mit dem Geschenk zu {friend}."
    - "\\"Das ist für dich\\", sagte {hero} zu {friend}. Es war {thing.the}."
  pleased:
    - "{Friend} war [sehr|so|ganz] {mood}."
    - "\\"Danke, {hero}!\\" sagte {friend}."
    - "{Hero} und {friend} spielten den ganzen Tag."
  finds-thing:
    - "Eines Tages fanden {hero} und {friend} {place.in} {thing.one} {colour}{thing.end} {thing}."
    - "{Place.in} sah {hero} {thing.one} {colour}{thing.end} {thing}, und {friend} sah {thing.it} auch."
  both-want:
    - "Beide wollten {thing.acc} haben."
    - "{Hero} wollte {thing.acc} behalten, aber {friend} wollte {thing.it} auch."
  breaks-off:
    - "{Friend} wurde böse und ging weg."
    - "Sie schrien, und {friend} lief nach Hause."
    - "{Friend} drehte sich um und sagte kein Wort."
  advice:
    - "\\"Geh und sag, dass es dir leid tut\\", sagte {elder}."
    - "\\"Ihr könnt teilen\\", sagte {elder}."
  sorry:
    - "{Hero} ging zu {friend} und sagte: \\"Es tut mir leid.\\""
    - "\\"Bitte komm heraus\\", sagte {hero} zu {friend}."
  shares:
    - "\\"Wir können teilen\\", sagte {friend}."
    - "{Friend} lächelte, und sie spielten zusammen."
  lesson:
    - "Danach teilten {hero} und {friend} alles."
    - "Sie waren wieder Freunde, und beide waren {mood}."
    - "{Hero} und {friend} stritten nie wieder."
`;
