// Texts that an attack plants.
import { z } from 'zod';

/** Text that can be seen, tokenised and found again: not blank, no NUL, no lone surrogate. */
export function plantedText(maximumCharacters: number) {
  return z
    .string()
    .min(1)
    .max(maximumCharacters)
    .refine((text) => text.trim() !== '', { message: 'is blank; give it a character that can be seen' })
    .refine((text) => !text.includes('\0'), { message: 'holds a NUL; remove it' })
    .refine((text) => !/\p{Surrogate}/u.test(text), {
      message: 'holds a lone surrogate: it is not well-formed Unicode; remove it',
    });
}
