// What readers of rows and lines share.

/** Which text of a row or line is a document. */
export interface RowOptions {
  /** Field or column that holds it. */
  readonly textField: string;
  /** Leave out rows whose text is null or white space; otherwise they are refused. */
  readonly skipEmpty?: boolean | undefined;
}
