// Numbers that several parts of the schema use.
import { z } from 'zod';

/** 1 and up. */
export const positiveInteger = z.number().int().min(1);
/** 0 to 1. */
export const share = z.number().min(0).max(1);
