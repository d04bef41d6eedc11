// A corpus that is read several times in a row, made or read once while it fits into memory.
import type { Corpus, Document } from './document.ts';

const REMEMBERED_CHARACTERS = 64_000_000;

/**
 * The same corpus, whose first documents, up to `characters` of text, are kept from the first reading on. A later
 * reading goes on where an earlier one stopped.
 */
export function rememberCorpus(
  corpus: Corpus,
  characters = REMEMBERED_CHARACTERS,
): Corpus & { close(): Promise<void> } {
  const kept: Document[] = [];
  let room = characters;
  /** Goes on behind the kept documents; undefined before the first reading and after its end. */
  let rest: AsyncIterator<Document> | undefined;
  let isWhole = false;

  /** The next document behind the kept ones, while there is room to keep it. */
  const keepNext = async (): Promise<Document | undefined> => {
    rest ??= corpus.documents()[Symbol.asyncIterator]();
    const { done, value } = await rest.next();
    if (done === true) {
      isWhole = true;
      return undefined;
    }
    kept.push(value);
    room -= value.text.length;
    return value;
  };
  async function* documents(): AsyncGenerator<Document> {
    let place = 0;
    for (;;) {
      const document =
        place < kept.length ? kept[place] : room > 0 && !isWhole ? await keepNext() : undefined;
      if (document === undefined) break;
      place += 1;
      yield document;
    }
    if (isWhole) return;
    for await (const document of corpus.documents()) {
      if (place > 0) place -= 1;
      else yield document;
    }
  }
  const close = async () => {
    await rest?.return?.();
    rest = undefined;
  };
  return { ...corpus, documents, close };
}
