// Keeps the session's token where only this page's own scripts can read it,
// then goes to the page.

const { content } = document.querySelector("meta[name=peerdex-token]");
localStorage.setItem("peerdex-token", content);
location.replace("/");
