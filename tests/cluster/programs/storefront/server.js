const fs = require('fs'), http = require('http'), path = require('path');

const cache = path.join(__dirname, '.next', 'cache');
const template = fs.readFileSync(path.join(__dirname, '.next', 'server', 'page.html'), 'utf8');

http.createServer((request, response) => {
  const name = path.basename(request.url) || 'home';
  const file = path.join(cache, `${name}.html`);
  try {
    if (!fs.existsSync(file)) fs.writeFileSync(file, template.replace('$NAME', name));
    response.setHeader('Content-Type', 'text/html');
    response.end(fs.readFileSync(file));
  } catch (error) {
    console.error(error.message);
    response.statusCode = 500;
    response.end('Internal Server Error\n');
  }
}).listen(process.env.PORT);
