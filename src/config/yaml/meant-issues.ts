// Where a field takes one mapping or a list of them, zod says of a mistake only that neither fits: these are its findings
// about the one that was meant.
import type { z } from 'zod';

type Issue = z.core.$ZodIssue;

/** Whether an alternative is not meant at all: the value is of another type. */
const isOtherType = (issues: readonly Issue[]) =>
  issues.some(({ code, path }) => code === 'invalid_type' && path.length === 0);

/** Findings, those about alternatives replaced by the findings about the one whose type the value has. */
export function meantIssues(issues: readonly Issue[]): Issue[] {
  return issues.flatMap((issue) => {
    const alternatives = issue.code === 'invalid_union' ? issue.errors : [];
    const meant = alternatives.find((own) => !isOtherType(own)) ?? alternatives[0];
    if (meant === undefined) return [issue];
    return meantIssues(meant).map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }));
  });
}
