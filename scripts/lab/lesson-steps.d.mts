export interface Lesson {
  readonly link: string;
  readonly rows: readonly (readonly [minutes: string, section: string | null, actions: readonly unknown[]])[];
  /** The minutes of the worksheet. */
  readonly last: string;
}
export const LESSONS: Readonly<Record<'45' | '90', Lesson>>;
