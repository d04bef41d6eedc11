// Names of configs that come with the program: `tinypoison:models/d32` means the same wherever a config lies.

const PREFIX = 'tinypoison:';

/** `models/d32` for `tinypoison:models/d32` (or with its ending .yaml); undefined for a path. */
export function shippedName(reference: string): string | undefined {
  if (!reference.startsWith(PREFIX)) return undefined;
  return reference.slice(PREFIX.length).replace(/\.ya?ml$/, '');
}
