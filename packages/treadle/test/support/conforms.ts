/** Tests that show what Tokio's tests show. */
export { conforms } from "../../../../tools/conforms.ts";
