// What Vite makes of files that are no code.
declare module '*?raw' {
  const text: string;
  export default text;
}
declare module '*?url' {
  const address: string;
  export default address;
}
declare module '*.css' {}
