/*
 * Bytes, words, and the parameters of the command line.
 */
#include "guest.h"

char command_line[4096];

void *memcpy(void *to, const void *from, u64 length)
{
	u8 *out = to;
	const u8 *in = from;

	while (length--)
		*out++ = *in++;
	return to;
}

void *memset(void *to, int byte, u64 length)
{
	u8 *out = to;

	while (length--)
		*out++ = (u8)byte;
	return to;
}

u64 text_length(const char *text)
{
	u64 length = 0;

	while (text[length])
		length++;
	return length;
}

int starts_with(const char *text, const char *start)
{
	while (*start)
		if (*text++ != *start++)
			return 0;
	return 1;
}

char *append(char *to, u64 size, const char *more)
{
	u64 at = text_length(to);

	while (*more && at + 1 < size)
		to[at++] = *more++;
	to[at] = 0;
	return to;
}

const char *parameter(const char *name, int number)
{
	static char value[1024];

	for (const char *word = command_line; *word; word++) {
		u64 length = 0;

		if (word != command_line && word[-1] != ' ')
			continue;
		if (!starts_with(word, name) || number--)
			continue;
		word += text_length(name);
		while (word[length] && word[length] != ' ' && length + 1 < sizeof(value)) {
			value[length] = word[length];
			length++;
		}
		value[length] = 0;
		return value;
	}
	return 0;
}
