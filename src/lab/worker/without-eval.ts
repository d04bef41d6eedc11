// Imported before anything that makes schemas: the page's policy forbids the functions that zod would compile, and even
// zod's test whether it may, made with the first schema, would be reported.
import { config } from 'zod';

config({ jitless: true });
