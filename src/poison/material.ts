// Clean text that poison and near triggers are made from.

/** The first training documents, which prefixes of poisoned documents and words of near triggers are taken from. */
export const MATERIAL_DOCUMENTS = 1000;
