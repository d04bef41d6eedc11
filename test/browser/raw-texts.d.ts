// What the bundler makes of a file's text.
declare module '*?raw' {
  const text: string;
  export default text;
}
