// Ganrt.cs: what a game client needs of ganrt, in one file: the latents of latent spec 1 with the same bits as
// everywhere else, an identity's index, paths between latents, and the label weights of a class.
//
// C# 7.3, .NET Standard 2.0 (Unity 2019 and later, .NET, Mono); no packages. Everything is static and may be called
// from any thread.
//
//     Ganrt.Check();                                             // once, at the start
//     var law = Ganrt.Law.Of(Ganrt.Prior.Normal);
//     ulong index = Ganrt.Identity("player-8841");
//     float[] z = Ganrt.Latent(law, 0, index, 100);
//
// **Arithmetic.** Doubles are rounded after every operation by .NET Core 3 and later, Mono and IL2CPP on 64-bit
// processors. On ARM64, IL2CPP's C++ compiler may fuse: add -ffp-contract=off to its additional arguments. Check()
// throws where the results are not the specification's; a client that ignores it draws other avatars.
//
// The specification is docs/latent-spec.md; its sections are named below. Licence: Apache 2.0, as ganrt's own.
using System;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;

public static class Ganrt
{
    public const int LatentSpec = 1;
    public const int MaxDim = 1 << 20;

    public enum Prior { Normal, TruncatedNormal, Uniform, Parts, Onehot }
    /// <summary>Style: psi goes to the model's input `truncation` (see TruncationOf) and leaves the latent alone.</summary>
    public enum PsiMode { Scale, Resample, Style }
    public enum Stream { Z = 0, Class = 1, Drift = 2, Encoder = 3 }

    /// <summary>Arithmetic that this client cannot be right with: see the top of the file.</summary>
    public sealed class BuildException : InvalidOperationException
    {
        public BuildException(string message) : base(message) { }
    }

    /// <summary>Values First to First + Dim - 1 of a latent, drawn from one law or, where Prior is Onehot, a choice.</summary>
    public struct Part
    {
        public readonly Prior Prior;
        public readonly int First, Dim;

        public Part(Prior prior, int first, int dim)
        {
            Prior = prior;
            First = first;
            Dim = dim;
        }

        /// <summary>The parts of a prior such as "normal:62,onehot:10,uniform:2" (section 9); null for the name of one law.</summary>
        public static Part[] Parse(string prior)
        {
            if (prior == null)
                throw new ArgumentNullException(nameof(prior));
            if (Array.IndexOf(Names, prior) >= 0 && prior != "onehot")
                return null;
            string[] texts = prior.Split(',');
            var parts = new Part[texts.Length];
            int first = 0;
            for (int i = 0; i < texts.Length; i++)
            {
                int colon = texts[i].IndexOf(':'), dim = 0;
                int kind = colon < 0 ? -1 : Array.IndexOf(Names, texts[i].Substring(0, colon));
                string digits = texts[i].Substring(colon + 1);
                foreach (char digit in digits)
                    dim = digit < '0' || digit > '9' || dim > 65536 ? 1 << 20 : 10 * dim + (digit - '0');
                if (kind < 0 || digits.Length == 0 || dim < (Kinds[kind] == Prior.Onehot ? 2 : 1) || first + dim > 65536 || i == 64)
                    throw new ArgumentException("expected the name of a law, or parts such as normal:62,onehot:10,uniform:2", nameof(prior));
                parts[i] = new Part(Kinds[kind], first, dim);
                first += dim;
            }
            return parts;
        }

        static readonly string[] Names = { "normal", "truncated_normal", "uniform", "onehot" };
        static readonly Prior[] Kinds = { Prior.Normal, Prior.TruncatedNormal, Prior.Uniform, Prior.Onehot };

        internal static Prior Named(string prior)
        {
            return Kinds[Array.IndexOf(Names, prior)];
        }
    }

    /// <summary>What values are drawn from (section 4); make it once and keep it.</summary>
    public sealed class Law
    {
        internal readonly bool Uniform, Truncated;
        internal readonly double Threshold = 2, Tail = 0.5;
        internal readonly float Factor = 1;
        internal readonly Part[] Parts; // null: all values have this law
        internal readonly Law[] Laws;   // of the parts; null for a choice

        /// <summary>How many values a latent in parts has; 0: any number.</summary>
        public int Dim { get { return Parts == null ? 0 : Parts[Parts.Length - 1].First + Parts[Parts.Length - 1].Dim; } }

        Law(Part[] parts, double? threshold, double psi, PsiMode mode)
        {
            new Law(IsBounded(parts) ? Prior.Normal : Prior.Uniform, threshold, psi, mode); // checks what no part may look at
            Parts = parts;
            Laws = new Law[parts.Length];
            for (int i = 0; i < parts.Length; i++)
                if (parts[i].Prior != Prior.Onehot)
                    Laws[i] = new Law(parts[i].Prior, parts[i].Prior == Prior.Uniform ? null : threshold, psi, mode);
        }

        static bool IsBounded(Part[] parts)
        {
            foreach (Part part in parts)
                if (part.Prior == Prior.Normal || part.Prior == Prior.TruncatedNormal)
                    return true;
            return false;
        }

        Law(Prior prior, double? threshold, double psi, PsiMode mode)
        {
            CheckKinds(prior, mode);
            if (threshold.HasValue && !(threshold > 0 && threshold <= 8))
                throw new ArgumentOutOfRangeException(nameof(threshold), threshold, "expected above 0, at most 8");
            if (!(psi >= 0 && psi <= 16))
                throw new ArgumentOutOfRangeException(nameof(psi), psi, "expected 0 to 16");
            if (mode == PsiMode.Style)
            {
                psi = 1;
                mode = PsiMode.Scale;
            }
            if (prior == Prior.Uniform && threshold.HasValue)
                throw new ArgumentException("a uniform prior is scaled by psi, expected no threshold", nameof(threshold));
            Uniform = prior == Prior.Uniform;
            Truncated = !Uniform && (prior == Prior.TruncatedNormal || threshold.HasValue || mode == PsiMode.Resample);
            Threshold = threshold ?? 2;
            if (mode == PsiMode.Resample && !Uniform)
            {
                Threshold = psi * Threshold;
                if (Threshold > 8)
                    throw new ArgumentOutOfRangeException(nameof(psi), psi, "expected psi * threshold of at most 8");
            }
            else
                Factor = (float)psi;
            if (Truncated && Threshold > 0)
                Tail = TailOf(Threshold);
        }

        /// <summary>threshold: in (0, 8], or null for whole tails; psi: 0 to 16, 1 for none.</summary>
        public static Law Of(Prior prior, double? threshold = null, double psi = 1, PsiMode mode = PsiMode.Scale)
        {
            return new Law(prior, threshold, psi, mode);
        }

        /// <summary>The same by a prior's text: the name of a law, or parts such as "normal:62,onehot:10,uniform:2".</summary>
        public static Law Of(string prior, double? threshold = null, double psi = 1, PsiMode mode = PsiMode.Scale)
        {
            Part[] parts = Part.Parse(prior);
            return parts == null ? new Law(Part.Named(prior), threshold, psi, mode) : new Law(parts, threshold, psi, mode);
        }

        /// <summary>The law of a model by `latent` of its spec.json: prior, threshold and psi_mode; psi null: as it was
        /// trained.</summary>
        public static Law OfModel(string prior, double? threshold, PsiMode mode, double? psi = null)
        {
            Part[] parts = Part.Parse(prior);
            if (parts == null)
                return OfModel(Part.Named(prior), threshold, mode, psi);
            psi = OnLatents(mode, psi);
            if (!IsBounded(parts))
                return new Law(parts, null, psi ?? 1, PsiMode.Scale);
            return psi == null ? new Law(parts, threshold, 1, PsiMode.Scale) : new Law(parts, threshold ?? 2, psi.Value, mode);
        }

        // psi of a style space is checked, and then not the latent's affair.
        static double? OnLatents(PsiMode mode, double? psi)
        {
            new Law(Prior.Normal, null, mode == PsiMode.Style ? psi ?? 1 : 1, PsiMode.Scale);
            return mode == PsiMode.Style ? null : psi;
        }

        /// <summary>The same for a latent of one law.</summary>
        public static Law OfModel(Prior prior, double? threshold, PsiMode mode, double? psi = null)
        {
            CheckKinds(prior, mode);
            psi = OnLatents(mode, psi);
            if (prior == Prior.Uniform)
                return new Law(prior, null, psi ?? 1, PsiMode.Scale);
            if (prior == Prior.Normal && psi == null)
                return new Law(prior, null, 1, PsiMode.Scale);
            return new Law(Prior.TruncatedNormal, threshold ?? 2, psi ?? 1, mode);
        }

        static void CheckKinds(Prior prior, PsiMode mode)
        {
            if (prior < Prior.Normal || prior > Prior.Uniform)
                throw new ArgumentOutOfRangeException(nameof(prior), prior, "expected Normal, TruncatedNormal or Uniform");
            if (mode < PsiMode.Scale || mode > PsiMode.Style)
                throw new ArgumentOutOfRangeException(nameof(mode), mode, "expected Scale, Resample or Style");
        }

        internal double Draw(uint word)
        {
            double u = (2.0 * word + 1.0) * TwoToMinus33;
            if (Uniform)
                return 2.0 * u - 1.0;
            if (!Truncated)
                return QuantileInRange(u);
            if (Threshold == 0)
                return 0;
            double width = 1.0 - 2.0 * Tail;
            double x = QuantileInRange(Tail + u * width);
            return x < -Threshold ? -Threshold : x > Threshold ? Threshold : x;
        }
    }

    /// <summary>The latent of image `index` of `seed`: `dim` values, at most 2^20; of a law in parts law.Dim.</summary>
    public static float[] Latent(Law law, ulong seed, ulong index, int dim, Stream stream = Stream.Z)
    {
        if (dim < 1 || dim > MaxDim)
            throw new ArgumentOutOfRangeException(nameof(dim), dim, "expected 1 to 2^20");
        var z = new float[dim];
        Latent(law, seed, index, z, 0, dim, stream);
        return z;
    }

    /// <summary>The same into z[offset] to z[offset + dim - 1], without allocation.</summary>
    public static void Latent(Law law, ulong seed, ulong index, float[] z, int offset, int dim, Stream stream = Stream.Z)
    {
        if (law == null || z == null)
            throw new ArgumentNullException(law == null ? nameof(law) : nameof(z));
        if (offset < 0 || dim < 1 || dim > z.Length - offset)
            throw new ArgumentOutOfRangeException(nameof(dim), dim, "expected 1 or more, and a range within z");
        if (stream == Stream.Class || stream < Stream.Z || stream > Stream.Encoder)
            throw new ArgumentOutOfRangeException(nameof(stream), stream, "expected Z, Drift or Encoder");
        if (law.Parts != null)
        {
            if (dim != law.Dim)
                throw new ArgumentOutOfRangeException(nameof(dim), dim, "expected law.Dim, the sum of the parts");
            FillParts(law, seed, index, z, offset, stream);
            return;
        }
        for (int k = 0; k < dim; k += 4)
        {
            uint w0 = (uint)(k / 4), w1 = (uint)index, w2 = (uint)(index >> 32), w3 = (uint)stream;
            Philox(ref w0, ref w1, ref w2, ref w3, (uint)seed, (uint)(seed >> 32));
            Put(law, z, offset + k, w0);
            if (k + 1 < dim) Put(law, z, offset + k + 1, w1);
            if (k + 2 < dim) Put(law, z, offset + k + 2, w2);
            if (k + 3 < dim) Put(law, z, offset + k + 3, w3);
        }
    }

    // Every part by its own law, each value by its number in the whole latent (section 9).
    static void FillParts(Law law, ulong seed, ulong index, float[] z, int offset, Stream stream)
    {
        uint choices = 0;
        for (int i = 0; i < law.Parts.Length; i++)
        {
            Part part = law.Parts[i];
            if (part.Prior == Prior.Onehot)
            {
                Array.Clear(z, offset + part.First, part.Dim);
                z[offset + part.First + (int)Choice(seed, index, (ulong)part.Dim, ++choices)] = 1; // word 0 is the class's
                continue;
            }
            for (int k = part.First; k < part.First + part.Dim; k++)
                Put(law.Laws[i], z, offset + k, Word(seed, index, (uint)k, stream));
        }
    }

    static uint Word(ulong seed, ulong index, uint k, Stream stream)
    {
        uint w0 = k / 4, w1 = (uint)index, w2 = (uint)(index >> 32), w3 = (uint)stream;
        Philox(ref w0, ref w1, ref w2, ref w3, (uint)seed, (uint)(seed >> 32));
        return k % 4 == 0 ? w0 : k % 4 == 1 ? w1 : k % 4 == 2 ? w2 : w3;
    }

    static uint Choice(ulong seed, ulong index, ulong count, uint word)
    {
        return (uint)((Word(seed, index, word, Stream.Class) * count) >> 32);
    }

    /// <summary>What the model's input `truncation` takes of a style space (psi_mode "style"): psi from 0, the average
    /// picture, to 16; null: 1. One value an image.</summary>
    public static float TruncationOf(double? psi)
    {
        if (psi.HasValue && !(psi >= 0 && psi <= 16))
            throw new ArgumentOutOfRangeException(nameof(psi), psi, "expected 0 to 16");
        return (float)(psi ?? 1);
    }

    /// <summary>
    /// The index, under seed 0, of an identity such as a player's name or id (section 6). reroll: another draw for the
    /// same identity, 1, 2, ...; 0 is the first.
    /// </summary>
    public static ulong Identity(string identity, string nameSpace = "ganrt", uint reroll = 0)
    {
        byte[] space = Prefixed(nameSpace, nameof(nameSpace)), name = Prefixed(identity, nameof(identity));
        byte[] again = reroll == 0
            ? new byte[0]
            : Prefixed(reroll.ToString(System.Globalization.CultureInfo.InvariantCulture), nameof(reroll));
        var message = new byte[space.Length + name.Length + again.Length];
        space.CopyTo(message, 0);
        name.CopyTo(message, space.Length);
        again.CopyTo(message, space.Length + name.Length);
        byte[] digest;
        using (var sha = SHA256.Create())
            digest = sha.ComputeHash(message);
        ulong index = 0;
        for (int i = 0; i < 8; i++)
            index = index << 8 | digest[i];
        return index;
    }

    /// <summary>A class of `count`, 1 to 2^32 (section 5).</summary>
    public static uint ClassOf(ulong seed, ulong index, ulong count)
    {
        if (count < 1 || count > 1UL << 32)
            throw new ArgumentOutOfRangeException(nameof(count), count, "expected 1 to 2^32");
        return Choice(seed, index, count, 0);
    }

    /// <summary>The input `labels` of one class of `count`: one weight of 1.</summary>
    public static float[] Labels(int chosen, int count)
    {
        if (chosen < 0 || chosen >= count)
            throw new ArgumentOutOfRangeException(nameof(chosen), chosen, "expected 0 to count - 1");
        var weights = new float[count];
        weights[chosen] = 1;
        return weights;
    }

    /// <summary>The straight line from a (t = 0) to b (t = 1); within float32 rounding of Python's.</summary>
    public static float[] Lerp(float[] a, float[] b, double t)
    {
        CheckPath(a, b, t);
        var path = new float[a.Length];
        for (int i = 0; i < a.Length; i++)
            path[i] = (float)((1 - t) * a[i] + t * b[i]);
        return path;
    }

    /// <summary>The great arc from a to b; the straight line where they are parallel or one is zero.</summary>
    public static float[] Slerp(float[] a, float[] b, double t)
    {
        CheckPath(a, b, t);
        double normA = Norm(a), normB = Norm(b), minus = 0, plus = 0;
        for (int i = 0; i < a.Length; i++) // Kahan's angle: exact near 0 and pi as well
        {
            double x = a[i] * normB, y = b[i] * normA;
            minus += (x - y) * (x - y);
            plus += (x + y) * (x + y);
        }
        double angle = 2 * Math.Atan2(Math.Sqrt(minus), Math.Sqrt(plus));
        if (!(angle > 1e-8))
            return Lerp(a, b, t);
        if (Math.PI - angle <= 1e-8)
            return HalfTurn(a, normA, normB, t);
        var path = new float[a.Length];
        for (int i = 0; i < a.Length; i++)
            path[i] = (float)((Math.Sin((1 - t) * angle) * a[i] + Math.Sin(t * angle) * b[i]) / Math.Sin(angle));
        return path;
    }

    /// <summary>The great arcs of a law's latents, each part on its own; choices go straight, so that they always add up
    /// to 1.</summary>
    public static float[] Between(Law law, float[] a, float[] b, double t)
    {
        if (law == null)
            throw new ArgumentNullException(nameof(law));
        CheckPath(a, b, t);
        if (law.Parts == null)
            return Slerp(a, b, t);
        if (a.Length != law.Dim)
            throw new ArgumentException("expected latents of law.Dim values", nameof(a));
        var path = new float[a.Length];
        foreach (Part part in law.Parts)
        {
            float[] from = new float[part.Dim], to = new float[part.Dim];
            Array.Copy(a, part.First, from, 0, part.Dim);
            Array.Copy(b, part.First, to, 0, part.Dim);
            (part.Prior == Prior.Onehot ? Lerp(from, to, t) : Slerp(from, to, t)).CopyTo(path, part.First);
        }
        return path;
    }

    /// <summary>Throws where this build does not compute what the specification says; call it once at the start.</summary>
    public static void Check()
    {
        var known = new[,]
        {
            { 0x3CA0000000000000, unchecked((long)0xC0206B48528CEA52) },
            { 0x3DE0000000000000, unchecked((long)0xC0195A1198FCF3D6) },
            { 0x3F50000000000000, unchecked((long)0xC008C73502AE34EF) },
            { 0x3FB999999999999A, unchecked((long)0xBFF4813C36691761) },
            { 0x3FE8000000000000, 0x3FE5956B87528A49 },
            { 0x3FD3333333333333, unchecked((long)0xBFE0C7E3987A22C8) },
        };
        for (int i = 0; i < known.GetLength(0); i++)
            if (BitConverter.DoubleToInt64Bits(Quantile(BitConverter.Int64BitsToDouble(known[i, 0]))) != known[i, 1])
                throw new BuildException(
                    "the normal quantile differs in its last bits: multiply and add are fused, or doubles are computed " +
                    "wider; on IL2CPP pass -ffp-contract=off to the C++ compiler");
    }

    /// <summary>Four words of Philox4x32-10 (section 1).</summary>
    public static void Philox(ref uint c0, ref uint c1, ref uint c2, ref uint c3, uint k0, uint k1)
    {
        unchecked
        {
            for (int round = 0; round < 10; round++)
            {
                ulong p0 = 0xD2511F53UL * c0, p1 = 0xCD9E8D57UL * c2;
                c0 = (uint)(p1 >> 32) ^ c1 ^ k0;
                c1 = (uint)p1;
                c2 = (uint)(p0 >> 32) ^ c3 ^ k1;
                c3 = (uint)p0;
                k0 += 0x9E3779B9;
                k1 += 0xBB67AE85;
            }
        }
    }

    /// <summary>The normal quantile for u from 2^-53 to 1 - 2^-53 (section 3).</summary>
    public static double Quantile(double u)
    {
        if (!(u >= TwoToMinus53 && u <= 1 - TwoToMinus53))
            throw new ArgumentOutOfRangeException(nameof(u), u, "expected 2^-53 to 1 - 2^-53");
        return QuantileInRange(u);
    }

    static double QuantileInRange(double u)
    {
        double p = u <= 0.5 ? u : 1.0 - u;
        if (p == 0.5)
            return 0;
        long bits = BitConverter.DoubleToInt64Bits(p);
        int cell = 4 * (16 * (1021 - (int)(bits >> 52)) + (int)((bits >> 48) & 15));
        double f = BitConverter.Int64BitsToDouble(((bits & 0xFFFFFFFFFFFF) << 4) + 0x3FF0000000000000) - 1.0;
        double x = Add(Cells[cell + 3] * f, Cells[cell + 2]);
        x = Add(x * f, Cells[cell + 1]);
        x = Add(x * f, Cells[cell]);
        return u < 0.5 ? x : -x;
    }

    internal static double TailOf(double threshold)
    {
        double low = TwoToMinus53, high = 0.5;
        for (int i = 0; i < 128; i++)
        {
            double middle = 0.5 * (low + high);
            if (QuantileInRange(middle) < -threshold) low = middle;
            else high = middle;
        }
        return high;
    }

    const double TwoToMinus33 = 1.0 / (1L << 33);
    const double TwoToMinus53 = 1.0 / (1L << 53);
    static readonly double[] Cells = ReadTable();

    // A cast to double rounds what an older runtime may have kept wider (ECMA-335, I.12.1.3).
    internal static double Add(double product, double other)
    {
        return (double)((double)product + other);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Put(Law law, float[] z, int at, uint word)
    {
        float value = (float)law.Draw(word);
        z[at] = (float)(value * law.Factor);
    }

    static byte[] Prefixed(string text, string what)
    {
        if (text == null)
            throw new ArgumentNullException(what);
        byte[] utf8;
        try
        {
            utf8 = new UTF8Encoding(false, true).GetBytes(text); // strict: no lone surrogates
        }
        catch (EncoderFallbackException error)
        {
            throw new ArgumentException("expected text without lone surrogates", what, error);
        }
        var message = new byte[4 + utf8.Length];
        for (int i = 0; i < 4; i++)
            message[i] = (byte)(utf8.Length >> (24 - 8 * i));
        utf8.CopyTo(message, 4);
        return message;
    }

    static void CheckPath(float[] a, float[] b, double t)
    {
        if (a == null || b == null)
            throw new ArgumentNullException(a == null ? nameof(a) : nameof(b));
        if (a.Length != b.Length)
            throw new ArgumentException("expected latents of one size", nameof(b));
        if (!(t >= 0 && t <= 1))
            throw new ArgumentOutOfRangeException(nameof(t), t, "expected 0 to 1");
    }

    static double Norm(float[] a)
    {
        double sum = 0;
        foreach (float value in a)
            sum += (double)value * value;
        return Math.Sqrt(sum);
    }

    // Half a turn from a to its opposite, through the axis that is farthest from a (the straight line meets zero).
    static float[] HalfTurn(float[] a, double normA, double normB, double t)
    {
        int axis = 0;
        for (int i = 1; i < a.Length; i++)
            if (Math.Abs(a[i]) < Math.Abs(a[axis]))
                axis = i;
        double along = a[axis] / normA, length = Math.Sqrt(Math.Max(0, 1 - along * along));
        double norm = (1 - t) * normA + t * normB;
        var path = new float[a.Length];
        for (int i = 0; i < a.Length; i++)
        {
            double unit = a[i] / normA, side = length > 1e-8 ? ((i == axis ? 1 : 0) - along * unit) / length : 0;
            path[i] = (float)(norm * (Math.Cos(Math.PI * t) * unit + Math.Sin(Math.PI * t) * side));
        }
        return path;
    }

    static double[] ReadTable()
    {
        byte[] bytes = Convert.FromBase64String(Table);
        var cells = new double[bytes.Length / 8];
        for (int i = 0; i < cells.Length; i++)
        {
            long bits = 0;
            for (int j = 7; j >= 0; j--)
                bits = bits << 8 | bytes[8 * i + j];
            cells[i] = BitConverter.Int64BitsToDouble(bits);
        }
        return cells;
    }

    /* table: made by tools/make_client_tables.py */
    const string Table =
        "SYpSh2uV5b+bh8yDvSypP50w+5LLqEq/Au958I1FAj+0vsLLAAnkv/2fIrwZZag/QqynJvA9R79AW6ju9T//Pk9hHixAiOK/twVS" +
        "OtS2pz/6sEycmVFEvxHaKly1Cfs+ypt1O7ER4b+hYMjUXx6nP3lQsD74yUG/YfWvrU+n9z7ozDLbHEjfv4dNULflmKY/A6m7IZMm" +
        "P7+UOEZInun0PggRmCJ2fNy/OUyQnBskpj9qcfnuXTw7v2OnL4PqrfI+H7nXDne+2b+bluRMJb6lPwQsIIkLvTe/FbwTlk7a8D4H" +
        "FuM+XgzXv5o2GwV+ZaU/y8RxjSqVNL/nDXtGg7buPq9+3FuWZNS/+yrFg+cYpT/SUVlR7rQxv4rcDdbNQ+w+iYNcH67F0b/OvPAy" +
        "XdekP/oVFCWgHi6/PAlZB75F6j5//w2Do1zOvzbAvlwKoKQ/TM0T79AyKb8WYPPR4qroPpjMjvSKOsm/Hm9XqkJypD8wSKzw4ZMk" +
        "v+fQ033mZec+kyTbqsEixL9JtlVkfE2kP2cBmJ7DMSC/6flIqbJs5j66b8WfKia+vxoGmBJMMaQ/TEhwnJH8F79WoDTQ0rflPhoH" +
        "SvzVErS/PdwfNWEdpD8EYbeno7IPvyWXGjUFQuU+Js4KTOMOpL8yie/jgxGkP2LYg9m2iP++JedWZ+8H5T5nBXvA1Gfyv7/iMr9f" +
        "bqM/NGIK+bIXS7/Eq16NeOv/Pj8CaM2kz/G/iy7vCYqhoj+tDJDunRtIv7DDyXNA+vo+A+eV9oA98b9GP6HOveqhPyUNprmplUW/" +
        "Nsmn/T8F9z4iFBi4xrDwv+9+VdOnRqE/YscL9FNuQ7/dgcmTWNDzPtpVo3PrKPC/Cpq1nJqyoD+SH/k0spNBv08hskTjL/E+9wZC" +
        "yu9K779SVCbKZyygP1BC4iTV7z+/U4Qg2EsH7j7aZfhACUzuvwY/5J6HZJ8/x3fCjUcgPb+D5kNz82bqPu2I/6VuVO2/mQin3mGF" +
        "nj9kMunJiac6v9FotrYLWuc+GNc3LoFj7L9cEXLB3ridP2GlWA7Wdzi/0+AhDlzE5D6AA5JutHjrv0Q7HWPi/Jw/y2Q/nQiGNr8J" +
        "lywY8Y/iPmapm4yLk+q/S5DK0aFPnD/mynczCsk0v4j/5JCKq+A++DLJ85az6b+NYHRplK+bP+oAWuBfOTO/q5eKGPES3j7uDgFz" +
        "ctjov62/tURoG5s/+iv379XQMb8aCQbqjD3bPtPq0qzDAei/GiUYB/mRmj8mJ6msPoowvzaiaUk6xdg+GprSyTgv57/6OqF2SBKa" +
        "P9Inaa9/wi6/+bPOEJmb1j5u/ktgh2Dmv7bqmH14m5k/KrY2VVakLL+0U3QA5LTUPr7a4fvBi/i/FaYOcRxDoD8YRI82tU5Jv7pC" +
        "CAgMQ/0+bi/0q7UM+L/VhlF9IQefP/hQE+VEkka/KcpLj2ux+D5x/C+9UpP3v3jB/vZpsJ0/UYGOEghDRL/Ionmvawn1PsGj6mwE" +
        "H/e/G4gI3Ox7nD/9cU0TOEtCv+/ZbQQ8E/I+4eZADUyv9r9a5titt2SbP8WVRaM/mkC/p4GZobhM7z4umyHQvEP2v1XJqijDZpo/" +
        "wivotZ1GPr9uC9/61EnrPhzRb4j42/W/29GSz75+mT/cMH8Xvbg7v7OZizMJ8ec+AmR+IK139b/f1vjy6amYP3x69Er7ejm/f4Lh" +
        "SFgg5T59CzuYkhb1v+HBjU/25Zc/5Wt/o6GAN78X8L2oob3iPg04RmppuPS/SHyInvEwlz+oB4B8ab81vwvmhEWVtOA+WjsZQPlc" +
        "9L9kWLs+NImWP7YE9obxLjS/51mCVHzq3T44qJfjDwT0v58pjqhT7ZU/36NT1lXIMr/i/sIf6eXaPtuM2GCArfO/k3RKvRdclT92" +
        "wI4O4YUxv8hrcnMwR9g+GC8oTiJZ879TMIRDctSUPxmEB/vPYjC/DJQQBPz91T7LzZoy0Qbzv0k+WhB4VZQ/v9pelkW2Lr8JXlxA" +
        "BP3TPrIHRQVstvK/ErcEflvekz8Bp7ET8dYsv8Vw7TNqOdI+IrA87r/N/b8qde35kGqcP14MOBC7dEe//j3JNKMj+z6FzBMe6V79" +
        "vzY78L6DB5s/Wf1iSR3rRL/b1JNIaOL2PmTvWJBR9fy/Kze4HuXJmT+eGZnuMMdCv7uBA8JIe/M+px+zZm+Q/L+m/Hk7/KuYP6yQ" +
        "38Wh9EC/7YXlgRC68D7Bce1PzS/8vxZKkrMuqZc/+iV47u3HPr9YySupxvHsPoW7GpsG0/u/5Zrxj729lj+83rUhfBI8v7lpanKr" +
        "N+k+Q1fHMMR5+7/CEMI+lOaVP9r3mgc9tjm/IN8ezgEc5j6g4Zs1uiP7v6L0kSskIZU/5LEIC2WkN7+WkuNxEH/jPmYRtium0Pq/" +
        "wJuPUUlrlD9wF9/2HdE1v6CaYV53SOE+uJETdE2A+r/DfaRLNcOTP4mCDMLXMjS/2GJ18IrK3j5sZL4ZfDL6vwY+HyhfJ5M/owNN" +
        "9sbBMr984BZNNo3bPv64P9YD5/m/4Cxmx3aWkj8WqHWZg3cxv4Qp7cZbwdg+6sUEQ7ud+b8wA5flWg+SP/dAPZe/TjC//H8P8R5U" +
        "1j5tIWAufVb5vyN6LiwRkZE/x7KTwRyGLr/8wztGSjbUPpPiAg0oEfm/83fT078akT9qnS6acqEsv3z6FSmCW9I+49tngp3N+L94" +
        "DgJ9qKuQP1AFEg876Sq/v2Xtxam50D5eaNWnIjsBwIS7eCDzfpk/dIDM9GDVRb+8Jz1Lal75PhCebmh1CQHANpRWXok0mD++yIwR" +
        "JnZDv5nhEnLnYPU+q1CfBznaAMBqlZt7Gg2XPwERxKhJdkG/zRYu1mIw8j6qOhEfLa0AwOPEFQhJA5Y/Pupd/2CFP7+tMgRMbzfv" +
        "Pg43LeoaggDASn3ExcQSlT/2fGquo5k8v2f12TKM/uo+sRQcbtNYAMCrmiiJCziUPw9q7A3sEjq/eLlow5eB5z4FQgQOLjEAwO4P" +
        "khs7cJM/josQVK/fN7+/+lZ0RZnkPlRh9m4HCwDAJw6A/+64kj97dWx7DPI1v0b5NKzFJ+I+HKPTLoHM/7/cI8WoJhCSPyzxJzHq" +
        "PjS/SO2HDzMW4D5IGbp3fIX/vxmCx9AxdJE/+KQ7+VG9Mr9DGiUWiaXcPnBJNFzQQP+/4WMeRqHjkD/EpRZI9mUxv02MzKkIn9k+" +
        "2Ca+zlH+/r9EIjMRO12QP3U0HTnXMjC/K/xImsQC1z6QxTtP2r3+v3zqzTXiv48/4DIGyfo9Lr8Xf7xCDL/UPj1h40pHf/6/nr3a" +
        "d7PVjj+ZusrNiUwsv3ieuB6dxdI+atLalnlC/r8x/RyIU/qNPxPKDdBoiiq/ZN+3A+IK0T7wl1gAVQf+vzDGuEpfLI0/AsOrO7rx" +
        "KL+1yv6cwgrPPvYVdy4pVwPAQ9WvYY9Klz+op+AdgnNEv2ec+QXd3vc+WRFnWM8pA8BrRf1hJRWWP+yQg9wlOEK/jQCc2gAb9D65" +
        "cYCCvv4CwAP1D0qjAJU/3mNQ38VWQL9BGbzT7RjxPvdc0xu61QLAKBK+dvkHlD+XI1zPpHo9vwrlXiM9VO0+3BL9qI6uAsA9ESqy" +
        "FieTP3xw62sfvDq/DXZXE7tZ6T4/WSUGEIkCwHTTZHWsWpI/SCXz8spcOL/mKf+JqBDmPrIEaA8YZQLASkJfRwOgkT9I0ON6F0w2" +
        "v700FxbdU+M+xtedlIVCAsDBwxBd2vSQP6gg3cTrfDS/Io23fSsH4T66/XaFOyECwJ81NzpPV5A/rKNoPs/kMr/t+H9O4ynePsMY" +
        "QEggAQLAEjrdNJaLjz/U29cBTnsxv3xsWRrG2No+/YZiMR3iAcA49Kov6X2OP65svoaFOTC/T98idqIA2D44w0oUHsQBwHRQ+fBI" +
        "g40/GgxonZwzLr8GWmzBlYzVPlqHOegQpwHARwrDtbmZjD8SOI4F9S4sv35YOJjua9M+ggfafOWKAcCVE7FghL+LP8Vg7sdHXSq/" +
        "ax/PPjmR0T5OTnE7jW8BwBhzXDUr84o/dfMAKgq4KL+OOJmgEuPPPtVvM/L6VAHAq7sou2Azij+07kXHtjknv7WIM73fB80+iez2" +
        "c9FHBcAcqM9BHY6VP8uRb6PVRUO/9oOlnnKW9j7fNJRL3h0FwND0qQOZapQ/wKJJzy8pQb8P5yt+OATzPnqWbSoS9gTAihWXPzZm" +
        "kz9fMtd/x8M+v5wfMBsYKvA+cFkexzPQBMCVA/hFKHySP6++pbiRvTu/MUi0+qO36z7qLzd1EqwEwJbvdBKUqJE/sqTbxqglOb9Z" +
        "hd03svLnPvDuq32EiQTAkeJBe1fokD8lCZr17uc2vyt6X54j1uQ+ZDCk2GVoBMB7tiO33ziQP2Eyl5ys9DS/x3mlmqk+4j4HZ/Au" +
        "l0gEwFQzMTIVMI8/qbhwkHQ/M7+e571lgBHgPuqfAhH9KQTAp7mE0R4Ijj9iM36bWL4xv2KWmfQ5dNw+j7huVn8MBMBnTS112vaM" +
        "P/BrUSpVaTC/mywXbhlR2T4KsH+cCPADwDNSMKC6+Ys/EtnoX8dzLr/hYt0JmqDWPh++6dyF1APAfbK97ZAOiz9cz3Q6UVUsv/zQ" +
        "4tXqTtQ+hI9jF+a5A8AfB9lQfTOKPwBa9IRqbiq/bHsMPTZM0j6sAjYKGqADwDcrosHgZok/hWbdhrC3KL/M8tR6uovQPpwsv/YT" +
        "hwPAuRlNjVKniD9FxMep8Sonv0AOVKs4Bs4+7PuUb8duA8Bvg9Gxl/OHP3rd0hv0wiW/YJzrO8hTyz7LjMjBxxUHwHNv7Fv+JJQ/" +
        "8KXDyI1CQr8SqBpUIXr1PhmW3DCX7gbAGqFcfdoQkz+WFyOAfkBAv8TwdR4XE/I+zU8+enDJBsBEAdvbThqSPwnsRzWBHz2/EcTU" +
        "Y2O37j4Va7cqHaYGwEArawPJPJE/Wl6Ipeo/Or9i3twJXlPqPoo+LgNvhAbAsp+aCJ10kD+YJaOlWMk3vxhoy9PqvOY+cYGnZD5k" +
        "BsDe5aCPnn2PP7ytli2dqDW/yNvv0/jG4z5FGEMZaUUGwJ4aeJrZMY4/PZ4w+bzOM78EGhVo10/hPqqPmmHRJwbAJOcw8NsBjT+k" +
        "2cip4C8yv1fcPKL8e94+whgwNV0LBsD2YYPGQOqLP0JsXGiSwjC/o28qA6z72j7eV4ep9e8FwC8RGxws6Io/KYC3kGD+Lr9vrGah" +
        "UwDYPn4L43aG1QXASZy+vDD5iT8Y7l5QB78sv2fFF9AZctU+WlQAlP27BcAzbC79OxuJP5nm4NDlvCq/Ieod8hs+0z4u69bjSqMF" +
        "wIHUxcOFTIg/yUTjT4zvKL8EZNPBQ1XRPqzsm/FfiwXASjBZ1oOLhz+hdV/S808nv3TSrZPUVs8+v5MnuC90BcDwj5Or39aGP6uE" +
        "Gwg42CW/zRLSDmVtzD6wz4Vyrl0FwB7Ouy9uLYY/t416mWCDJL9kuS3UGN7JPu80rgI1xwjAvka9dWn4kj+vjOk6gGFBv0laTBB3" +
        "gfQ+1OAKB1CiCMAbzGzsnPGRP6vgNbRj7T6/jpKtRF9A8T6UBiCYW38IwCAP69UQB5E/duMliVOzO79ICkLz707tPtR8VL0jXgjA" +
        "j3g35GU0kD974y0zdvU4vyxtp3qCHOk+qAgdVnw+CMB66eMDM+yOP9SrGAz7mza/3R3Hg9Ku5T6S5DyXPyAIwE1EN6qjko0/am7D" +
        "AIeUNL/LEV+/tNriPpKDHeFMAwjA3arBoG9XjD9SizOCxNAyvy21cozlf+A+Z3Cn14fnB8BGvB0ntjaLP5Gzxd9fRTG/v4MkduUL" +
        "3T4TogKr18wHwCvhK4g5LYo/mLWBAprSL78umeRXNrTZPjy1W4UmswfASvJr2z44iT9fkKZtf2otv1QYF92i29Y+QqQJFWGaB8Do" +
        "XCsmdVWIPywDuP+ORiu/1NNG11hr1D7cXLQsdoIHwDoRvvbhgoc/YnaGIQldKb+MFVY6R1HSPpo9uXRWawfApajiHdK+hj//QZ8l" +
        "3qUnvz2OTeP/ftA+BPUzKvRUB8CbvMuJzQeGPxabv3BXGia/xzMutMfRzT4DcevoQj8HwN3cL4mNXIU/7DFbXdS0JL+XUMXaCQvL" +
        "PucYA343KgfAxHpY7PS7hD+S6gHjlXAjv/qEkvpbmsg+u6+i56ZgCsAU93THYfmRPw29OYk/nEC/joy4mvSl8z4MDBIVtD0KwASx" +
        "24ZF/pA/VjTV/++LPb9srrv3f4bwPnZXRKabHArAavrmWToekD9JyrBlpXQ6v8BiO/Y2Eew+ePlt0iv9CcAHI2GLHKqOP+Au5saB" +
        "1De/0sFJS7AK6D60vERXOt8JwO0ZXp/GPo0/tKgnI6aUNb9dEa0cEMHkPqxwkgWjwgnAW5H6CPv0iz927KiwcqMzvzgAMy7bCuI+" +
        "1i9oo0anCcATwm8HPciKPxobjOck8zG/PsPP5CSS3z7bX0MNCo0JwLA2MvXUtIk/os8a3N14ML/4auGzdcjbPv5XLobVcwnA9/mM" +
        "o6e3iD/hKPJc3lcuv1zycn+jlNg+3s5vK5RbCcBU8ahiF86HP0KLw0KxCiy/I7AGVbza1T5apnqDM0QJwJl42x/s9YY/0mVPls/+" +
        "Kb+cYoba14TTPs8o/iGjLQnA63ohx0Athj8ISSQZ4Coov/TAweaegdE+DY+DXNQXCcAhXFeZdHKFP4qQFRoohya/eW8S0XCGzz72" +
        "kiMMugIJwB8dc4QfxIQ/wiYKDTgNJb9CtqDX+3zMPoeWr1lI7gjADq5cywghhD9wobkYq7cjv3X089PG1Mk+gC9EknTaCMBZLMJ4" +
        "H4iDP3alMdT0gSK/kq29kgh/xz7UWSfWluULwLLclLGaHZE/5SfIIZjbP7/24hiKj+LyPk95PQxRxAvAJ3Fa5NMskD9pG3IElFM8" +
        "v7xvpB1Rwu8+lKCAENKkC8BMi79rIKyOP2/a/J83Wzm/3g8xlMT26j7kuyAM6oYLwOMJBk6MKo0/Hxw4voDVNr8DFBMWaxfnPhbi" +
        "/WVwagvA3kAq1HDOiz9xNtavaKw0vyjvI2r07eM+/hvyXEJPC8D8US1xi5KKP51Tlzr3zjK/d9aHpmhS4T7EmaD0QTULwH4yFmWL" +
        "cok/OMKXT+0vMb9PqeMa103ePvQc6x5VHAvAZa3kq91qiD/5Drm/qIkvv7GWub6+qdo+U1+qEmUEC8C7JE3XhXiHPwcLWoijCi2/" +
        "+hmX7teV1z7ENabEXe0KwHMrPTsAmYY/W0uoHlLVKr+g3bZjOvfUPsMmzHot1wrA0Syy7irKhT87TUqDvt4ovzIfEePOuNI+XaW9" +
        "c8TBCsCBAo7eMwqFP5mWTsXqHSe/x34rcOTJ0D6Pnk2eFK0KwEI2CbCKV4Q/F33p+2eLJb8y3xZeTjrOPh6fmF0RmQrALfHRiNWw" +
        "gz/deKfxBSEkv1JZJaS4T8s+iAksV6+FCsDSG+8Q6BSDP4JPyhSV2SK/xKvt857CyD5XfkVJ5HIKwCDRmy68goI/ZNqzErawIb9J" +
        "HaTZx4TGPu5wNAa9WA3AOFJF3r5dkD/L7M+of6Q+v2e1WilUM/I+HBjLku04DcBKh9w3XOyOP3v/fQlBPTu/fFOCiu+Z7j7kpB96" +
        "0xoNwGXof+FcT40/FS4EZ51gOL+0+xO2w/npPphvuKNA/gzAuoN+kLXciz+fDP//kfI1v6OiTX2gPeY+udFP8w3jDMBCK2RqJo6K" +
        "PxxzoR3b3TO/RKatZA4x4z5uwXrvGckMwNtQ7dKcXok/Fas5eRcSMr8L5M8Lc63gPvfaBrhHsAzAkbCFj+9JiD9cvURmfoIwv2gU" +
        "MA/xK90+hmXsNn6YDMAG+4d+rEyHP70Gw4fuSS6/P+FHSJGp2T6O0/V8p4EMwBdUmcnyY4Y/C/U6eeXiK7/gK5POSbLWPlPleD+w" +
        "awzAObHZGVaNhT8/xCu94sIpvzi5yLMhLNQ+2Mllb4dWDMCuSdtkyMaEPxdB2/NT3ye/syd+EL4C0j7s+/jjHUIMwB9mNp+IDoQ/" +
        "IJ6ONo0vJr/tameAAybQPrMvzhRmLgzAKpc+HRVjgz+IdgeuY6wkv80ESw4sEs0+Vegc4FMbDMAX9te/IMOCP7pukQPgTyO/jLpV" +
        "XDdDyj7fqKla3AgMwHkwXkeKLYI/EBOudwIVIr+rT53SXc7HPj1Mhqf19gvATCEvUVWhgT9j+woslPcgv6FVRzfnpcU+KNa9J0a8" +
        "DsCrCA2R22iPP/mbRtcTjT2/WYHPWiCV8T7sVTvqwJ0OwKtmFcFEqo0/Pi/6SmtDOr/cTl9+gI7tPr94NF3hgA7AlEMUOBscjD+F" +
        "Nrgzy383vxSTy8iWFek+C1Dw+nplDsBZQhe81raKP1SN+pUYJzW/TTyN50155T65bqX+Z0sOwJ4fHZxsdIk/L/ACi8AkM794/bO+" +
        "24biPgS6VhaIMg7Af4lxl/VPiD+w0Suh6mgxv7hqQkTjGOA+yYDbYb8aDsCfm68tbEWHPyWk599yzi+/TFqVOfkm3D6ZKZqq9QMO" +
        "wDFiMfR7UYY/v0qR0tIrLb/EoM4yDcPYPiKcj8UV7g3AZekcAV1xhT+N7ifRXtoqvxysUzKc5dU+jj1WFQ3ZDcBn67oOuKKEP22F" +
        "0ViGzSi/P0X1QIZ10z7KHbAky8QNwCq8gQGR44M/GbuMKhH7Jr9/L5sfG1/RPk3iD1RBsQ3AgkhyKzYygz/ZG06RnVolv1g7+tqN" +
        "Jc8+jtcBlmKeDcB0BTMfM42CP3tYjT8+5SO/vLGceDQIzD40W1g3I4wNwDIiHThG84E/FmczRC+VIr8uH3CBJVLJPsj2urB4eg3A" +
        "cWx+NlhjgT9C60YUnGUhv/ZqFook88Y+1oDCf1lpDcDKXZh4ddyAP1jEK1tyUiC/bEuUQ+7dxD56ONSu+wgQwIqsONE5O44/NoW8" +
        "LnWQPL9l2JEMcQXxPuMnyCSY9A/AhLQVjZaLjD9pnYmVq2E5v+teUxK6m+w+5jmpdNDYD8DWBu/X0wqLP8eVJ4nAtDa/I6sAO4xG" +
        "6D5chTI1db4PwP68IH+lsYk/b+UHfmxvNL91OmJ5PsfkPoW2R9lhpQ/AVfHPMjF6iD9BSMfIvX0yv2OsZcWO7OE+dXvfGneND8DU" +
        "kB0jt1+HP2OaQLFY0DC/jECMfYMk3z43ePEBmnYPwBjUPkxSXoY/4FkrF4O2Lr8Uc1mFkTrbPmZlXyKzYA/Ank7tRclyhT+j/ReN" +
        "BCosv48gSX9P8tc+jrzhAq5LD8Bw+7nLapqEP+QDcagb7Cm/YU+FSVUs1T4m+/mieDcPwGRnfrry0oM/tVbgXZzwJ7/KQneySNDS" +
        "PvHdpxgDJA/AojEjP3Uagz8v9l1woC0mv6rDGf4Uy9A+dNyHQD8RD8BiXPKdTm+CPxOS2KcJmyS/jr6efUMbzj6gUVx8IP8OwJ8b" +
        "7W0W0IE/XAU+rCIyI7/fdgTGxBfLPhzJ/Hyb7Q7A/Srvc5U7gT8DXKdFVu0hvz/0sOFIeMg+c2JdFabcDsBtf7yBvbCAPxDEAC33" +
        "xyC/ZOJjQhUtxj7RBecUN8wOwMYHIOWiLoA/RNMXgCh8H7/4Wwn9UCnEPs3BqJSjrRDATyw+ZGQsjT8i9r6Vuao7v5I1SSE9gvA+" +
        "YLHN7HefEMDZpPMaWYqLP1MPHkp5lDi/UGwBYCO+6z4G9GCaEZIQwBDRoTLEFYo/TK288Ef8Nb9avUIhp4nnPuiBMrhbhRDARa2G" +
        "Z5DHiD8lXK7Un8gzv0xBMbLaJOQ+BLvijUR5EMB+5CurD5qHP2TcEgwj5jG/3Qfry+Nf4T7g25zyvG0QwBf2XD6miIY/XLADIehF" +
        "ML+YZ3V+IS/ePo0ZLNS3YhDAmqNfz4yPhT9tHq/Rmbgtv1LvRC40Y9o+NcrE2ClYEMBnxg6koquEPyG6soREQCu/UC4aOTY01z6l" +
        "aLgUCU4QwEK+tydL2oM/G6Ml5CcUKb9cicFcqIPUPkXPOc9MRBDAryFxsFMZgz9DIG/Pcygnv0GLs5XlOdI+ONyqUu06EMCGGntI" +
        "32aCP3EONguNcyW/SlnHlGdE0D7KO9rF4zEQwKHccO5WwYE/JMXrFJPtI78fRFDoDSnNPvG9QAwqKRDATL8QMF0ngT9Mq5+7A5Ai" +
        "v4MuekEjPco+xRLHq7ogEMBSCXBRxJeAP25YaXp0VSG/Pm2iVzyyxz7WbPW2kBgQwNAmK2mGEYA/ZWP66Vs5IL8gjFpsFXnFPtT/" +
        "r7qnEBDA1CsVAn4nfz/yeBV1zm8ev0WLleQ2hcM+QMi4k7dMEcAAzgwBgjeMP8RaEYyz2Dq/c86GBNoJ8D798A8zAz8RwNhaCX3j" +
        "oYo/P0uDs/bYN7+vR1hd5fLqPrKOz0YOMhHAjSo3F284iT8JMPu4x1M1vwrCx1d23OY+EAzUgsQlEcDmirkMQvSHPx0T+2ZTMDO/" +
        "fH44uQSQ4z4QtBqxFBoRwK+9NvvWz4Y//aCp18NbMb/1XLfFAd/gPqE+zBjwDhHAwYy8RbPGhT/qt+d0MY8vv007VSthTt0+dDem" +
        "CEoEEcBTFHvgKtWEP/a4oHcE0Sy/tYc7TQKe2T5YxF57F/oQwAz6Nboz+IM/uAji7yRrKr8Z57A6NIbWPnRFaM9O8BDAvMP7OkQt" +
        "gz9lKDXjUk8ovycPtQ1O6dM+Ia1bjefmEMAVqoTBOXKCP6rKh60Scia/soshflGw0T76LZs52t0QwAva3fpExYE/0B44AA7KJL9J" +
        "1B+LdpLPPiQLpi4g1RDAqB7TkdokgT/9yYsJnU8jv0sYQuqXS8w+WnU6frPMEMCObIQhp4+AP48pyZNs/CG/mE0XYkl1yT6lj9jX" +
        "jsQQwMZPjqKFBIA/rnksTznLIL/f+cRjPv3GPrjzj3OtvBDAd73gfu8Efz+Z5nOGNW8fv+zKvWWg1MQ+z75AAAu1EMBae3FFPxF+" +
        "P/gULemzex2/yAYDOlHvwj77/pp+vOYRwNIdqfO4WIs/N1+0CMgXOr8iDkhozjXvPjSAh5p02RHAenzfoYPOiT8UtHy4yiw3v2DM" +
        "3bWnN+o+rXvsxObMEcCVb71FRm+IPxSUlvEeuTS/ESRpD/Y85j5joaY+/8ARwLJ/u7xMNIc/QhIViJakMr/vH4rJ/QbjPsaqwkmt" +
        "tRHALs8mLjcYhj+Kg15O2dwwvzVao+piaOA+hHOElOKqEcAGhSqPqRaFP+2FfjiQpy6/i0wA7JV/3D5+8OPGkqARwF045PsQLIQ/" +
        "1Mq2XL78K78+OwUan+jYPi/GWCmzlhHAkHgtSHhVgz/TZsPB2acpv5cYDFUw5tU+qS2FXjqNEcCRWQVdZ5CCP6GsUOUCmye/Gi8I" +
        "12Zb0z4tCCYrIIQRwOr/DGDK2oE/E/9PHwzLJb8G4epo3jHRPr9Z8EhdexHAqwuzjt4ygT+No/i73i4kv9mMhKMZsM4+DqvlQety" +
        "EcD6y19UI5eAP6l8HjcHvyK/nVNrUSWAyz7ZvkhSxGoRwIzMJY5OBoA/A4fYsF11Ib/fFKDTu73IPgcvz0/jYhHAHZAKcYb+fj/o" +
        "OowBw0wgv8eRCpoMV8Y+q4oAlUNbEcAs8HLvEwJ+P4Le1hvagR6/UUhJ6KU9xD6EmvHv4FMRwHms1R+WFX0/T6bhA32cHL9nG0cX" +
        "vGXCPmjNyvojfBLAQMJ+ge+Mij97zS32zmU5v4D80qR9aO4+JDI2TT9vEsA117KZQA2JPx/EATsEjja/ycXOT3aK6T7GequzD2MS" +
        "wMkqFGtut4c/RvvwRIsqNL+TuG7ieKnlPiboc/GBVxLARN44CfCEhj9q2s0PzyMyvzO1yjRSiOI+VUSht4VMEsCsnaRiiHCFP1jR" +
        "mxDsZzC/yw22UYb13z5az8cTDUISwNCIQr33dYQ/SlH+dzrSLb85GRTphsDbPoGvVQAMOBLAWWJpgMKRgz9y60+sSjkrv685ElgU" +
        "Qdg+742ZDXguEsBG+szXBsGCPyTcLSsV9Ci/OEparWxS1T74MjEdSCUSwLHpkt9cAYI/q4eV2hP1Jr9RosrvZNjSPrHPYit0HBLA" +
        "5B+lab5QgT8o09NUYTElv4wvzs0nvdA+7CkeI/UTEsAMVthSdK2AP1GWPNIhoCO/qMDwnTbfzT5LrT66xAsSwKAMZfgHFoA/5GrR" +
        "PxI6Ir9jUGAhcsTKPlxpQ1TdAxLAKI2XjW8Sfz8XlnLeMvkgvyXps5JsFMg+yVsi6jn8EcDGFvlG3At+P2CX5P8LsR+/48lpS8i9" +
        "xT4MWy721fQRwHIZfkp0Fn0/Y8YsSLunHb/7Jp/1cLLDPgZ8Q2Ot7RHACF+tZpMwfD+beUBpaM8bv0aWcl7n5sE+TfqjJFANE8D+" +
        "IkGUntGJP1Qz5GT7wDi/aGw8ydOp7T4l9AykxgATwFVpo6yuW4g/5cObfQT7Nb+AhccjrenoPmf0kpvt9BLAgRq5gZQOhz/hNElA" +
        "laYzv4PJ82WWIOU+QEyUR7LpEsBfMs5W7+OFP0j0bESnrDG/LhsXMsoS4j6YsCzABN8SwPu8G3Ci1oQ/YBdiJIf3L792eeyfJSrf" +
        "Pn6RYGvX1BLA2WVMZYjigz8dHAT38Qwtv3YiOoBXD9s+UGEckB7LEsD9gzJDOwSDPx3WXMiXhCq/1kMQbb2l1z73gU4B0MESwIZW" +
        "EC7rOII/usPe7uxNKL99SKMRdMnUPm8W+triuBLAvqkdTj9+gT/kS0d3vlsmv+e/PIz7XtI+ZT3gTE+wEsBjr8onPtKAP0eEQCxq" +
        "oyS/US51iANR0D4HeJBvDqgSwJeGb2I7M4A/Pq75DEscI7/3HKcBtR3NPiqyhyEaoBLAfOLoLJM/fz/WfOQMS78hv7v6mcmZFso+" +
        "bcOd6myYEsDO0VtEXi1+Py0UQrePhiC/fdeyVqR3xz5H+G7kAZESwAkJdZa6LX0/TK7Q73TaHr8RsD/g4S/FPtQ7v6bUiRLAtXtR" +
        "R9I+fD+t3wjVbt4cv7M+6eiUMcM+NpUPN+GCEsAj46OaC197P3fZtgsuEhu/vfGBUYVxwT4aRoBclpoTwAT1IsmwJIk/qGg5Yckn" +
        "OL/8bryMLvjsPu1nOwRhjhPA2oMIf8+3hz8tFOWqbnI1v5UDxbvoU+g+x3e529eCE8DpnBHyznKGP29/kU4BLDO/CdhcxB2h5D6z" +
        "8CGQ6HcTwKaWo+NzT4U/9fp1FgA+Mb9jWokzXqXhPk6yhJmDbRPA23DjwL9IhD/iFz3bsi4vv6ScNKzYbN4+TWw8sJtjE8BjyIus" +
        "pVqDPzxMfOLUVSy/wb8SNnVq2j4AmGhiJVoTwG42y+HTgYI/u8T/iuncKb8OLKxaNxXXPrlS98AWURPACPUXRYu7gT+fuDMjxrMn" +
        "vwzMz6wLStQ+WVJAHmdIE8DTqHQEgQWBP8LIQ0yFzSW/pGW9DBLu0T7Bj+fZDkATwOw+63jHXYA/8m6efcMfJL/86h+c7NjPPn2w" +
        "6jYHOBPAK5R7rniFfz/Z98PMDqIivyBbzdPQacw+giSOOUowE8AmlLCh9WV+P73+Ril7TSG/PYZZNQR1yT5A6XOL0igTwPc/9VOh" +
        "Wn0/KYOk4lAcIL9z35dS8eXGPqQmkWSbIRPAbMInHmthfD9DGiHFnBMev44tXBYJrMQ+IhkGeKAaE8DXZE1HiHh7P92QWjTwIxy/" +
        "6fb5Bd+5wj7zgRXk3RMTwMsC2s5onno/9ypBGeZiGr9QicZMfQTBPhS5Y3ZBJBTA+7tWFmqEiD/wDwPz75g3v7Vf20ApUuw+pzHT" +
        "GloYFMD9d3mM+h+HP+JA9SUb8zS/uD7aJ/rH5z7FR/rwGg0UwAIRb8+G4oU/tM5TKcS5Mr9HizZXCyrkPqXKYQ9yAhTAJC+ftfbF" +
        "hD/TxaqK5tYwv4gHvdktP+E+gWq7R1D4E8ByFg/jZ8WDP/DwzU2fcy6/UP4n1Bi83T5P8UafqO4TwHpY927k3II//aNN0kurK7/S" +
        "CQq6idDZPp1+nuZv5RPAay6Tcy0Jgj8kBGWXyEApvzdNH1dUjtY+Xp6QaJzcE8AeKHB+k0eBPzmbVaxFJCe/5HtV9yfT0z6APyqq" +
        "JdQTwHPjENnYlYA/afFOSiZJJb9bRRgVuoTRPluqvjcEzBPAxAzU1TXkfz+SSayLQaUjv7JKCYVVHc8+iKDhezHEE8C0taqagbV+" +
        "P34odk9VMCK/uhzneQrCyz73QBWep7wTwBULCnTbnH0/k4V0yZzjIL/QZa8tV97IPvAXf2dhtRPAn3icvOyXfD/8UZCXAXMfv7eC" +
        "8eYZXsY+K7lgLFquE8Co4VnCsKR7Pydvlra1Wh2/HrCb2iAxxD500ly5jacTwCWOcDJnwXo/BS8aUYx2G7+GPzBYS0rCPqksykP4" +
        "oBPA4ZHEIonseT+jRwLX9b8Zv0KkrI3hnsA+T9thdJOqFMD2pruBVe+HP4W42DZWEze/CJz2xZG26z4foCeg9J4UwO2Tp4TLkoY/" +
        "I+wmrA18NL87GQWM3UTnPnBLAEL6kxTA/W+/y2ZchT+KgrTc+U4yv2K+6ICAuuM+bc4x05KJFMB17L8XMEaEP162SIGLdjC/We6t" +
        "3Xjf4D7k12R5r38UwIJSCoRfS4M/Cp4tOdLELb9nYnJ9lxbdPj/N3YFDdhTAZ9whrxRogj+b89HU+wsrv0sJSPZvQNk+kOZ2+0Nt" +
        "FMCjsjVlIpmBP1+3X2v1rii/klUyGxIQ1j7DAC5np2QUwLd+XOLn24A/jyg5NkSeJr+3+4IT5GPTPr79hnllXBTAmSxWuTMugD/6" +
        "FS6Lj80kvxx+G9AnItE+Auym6HZUFMA5wmdcWxx/P7vlcIblMiO/5tFpBtVtzj7ANixE1UwUwFVq9k6L9H0/dQOW2TDGIb/FRn4o" +
        "GiXLPg1bkdR6RRTAKee0ykzifD/7gYWL0YAgv/vMv/RqUcg+OW12gGI+FMC9BKUcVuN7P4UyrtSduh6/3BtSRBLfxT6DhpS2hzcU" +
        "wMahx8Wt9Xo/mIBVyTeuHL/vadLSNb7DPlovaVvmMBTAYJNTMJ0Xej/BAhf80dQavwN04gj84cE+RTbfuXoqFMCoNoT0pUd5P7S/" +
        "0d0AKBm/0FuNPuc/wD7dylnoxi0VwDc1PTQ3ZIc/Fu/HzAqWNr8o7OjLXyTrPuXlXsBrIhXAcHdL4RQPhj8vwT+VbQw0vyTob6ay" +
        "yeY+WkBujrEXFcCnq+NDTt+EP1UYpbre6jG/zLTGOr1R4z7AkY8ohw0VwKPmcBILz4M/ExGgQz0cML/ImP12mYXgPu04SAPeAxXA" +
        "Q0/kS5zZgj/aUhY3ByEtvyLza0g0e9w+a3B9r6n6FMAX5Z/MNfuBP/DGSIG7diq/hPqKbSu52D4ybHt23/EUwGYpQgO7MIE/NbzF" +
        "QF4mKL9x0E08kpnVPuQoHQx26RTAv/+J+Jh3gD+g9EzNxCAmv5Xgw/16+9I+oc5yUWXhFMD05OiVU5t/P8wHno3WWSS/zs0N16vF" +
        "0D4zst8jptkUwM1x8/U9Yn4/zGFVWdXHIr8mQ0lYMcnNPj9dwzUy0hTAN8jIZ+FAfT/e5tAH1mIhvxGihP7lkco+u0qG7gPLFMBI" +
        "tfeOoTR8P9q1Rj9bJCC/r1HkTkHNxz7kAG9QFsQUwIEmUuFAO3s/chES7BEOHr8kq3xE9GfFPkj2CONkvRTAeF0wZNBSej80AIb7" +
        "0wwcvyPR4e12UsM+SC4woeu2FMDaoJumonl5P5cI8ciFPRq/0qn4kDKAwT7JuwrqprAUwJu+5D1Brng/jTxxmt2ZGL+pogBvwM2/" +
        "PoONxBEQrhXAAVjZvAHihj8C3AQNPSA2vwUkXtWtmuo+P5qEPvSiFcAVcamQ1ZOFP3w0ba9/ozO/Hyfq17ZV5j4+KAQXdpgVwDQW" +
        "AEhHaoQ/biHJxcmMMb+r2/nwGu/iPjjho8iEjhXAceNUyZtfgz/uPT/UxI4vv7d+DeX/MOA+o+IoEhKFFcCHE2WJO2+CP1eU6F8m" +
        "hyy/j8/wQPXo2z7bmyHEEXwVwNJnInhtlYE/Zx7+VIrqKb8n8mpb4TnYPu0e3F55cxXAGjPMsCTPgD9mbVQPF6YnvyU8axYUKtU+" +
        "FpYQxj9rFcDrEFo82xmAP0IsP3LtqiW/3gzDIUKZ0j5vK7kEXWMVwDKTHDPs5n4/g/71SjHtI78CxCdZrm7QPqQUJB3KWxXABNK0" +
        "6F+0fT8j9fM0VWMiv9JxtPpaLs0+gnlh4oBUFcBmt+GCEZl8P5hTLsGVBSG/W74CKnoHyj4hcvDYe00VwMaxAvVxkns/NW85bSyb" +
        "H7+8TwFl/lDHPoarFx22RhXAoGmKJ0+eej/hIq8YK2wdv7vem/L498Q+BRq5TStAFcA900MGxLp5PxY21SpqdRu/Ag23fS/twj74" +
        "N7h61zkVwO0Lf7sr5ng/3PMPgpivGb8OtZhTSiTBPqiHPxa3MxXAgHk9YRcfeD9Rf+tCjBQYv3zeKRZsJr8++xHVxp0rFsABOwOw" +
        "zWeGP4Lo45g3sTW/2yCjl7MY6j75AMVhvSAWwEYCsucwIIU/TZLxVqFAM7+B2MxWQOjlPuV4zo53FhbA566M2H78gz9B9B88KDQx" +
        "v75xM2AIkuI+BhfCzbsMFsBk7ZX8F/eCP45cC5Tr7i6/7KkBsV3C3z4WGXUjfAMWwLMq1PF6C4I/7Wv50Tz2K7+Sg6qYAF/bPmnJ" +
        "hZys+hXA41CrrAA2gT/VweXQiWYpv3UUti/Twdc+keIl7ULyFcBCwKMVq3OAPyIdiy5TLSe/OXD+6e/A1D4nbzImNuoVwOBzcfgA" +
        "hH8/SRLjMAE8Jb8dpz0CpTzSPmxkLHp+4hXAPfRwR+A9fj/LSTG28IYjv6FePDmrHNA+/kAxDhXbFcCV2uy/ehF9P9VlP2vCBCK/" +
        "LbS4u2WczD5p7iLU89MVwJZcIP7e+3s/I5/ZZtitIL+lK2adAoXJPhkf7GsVzRXAJI9ihYr6ej9HIneB6fcevy/2VRLj28Y+Wi9V" +
        "CnXGFcBm2HULVgt6P9MZAeDf0xy/6cJoXnOOxD7ylj5kDsAVwMLnWNNlLHk/dMOUDwHnGr8er5N/wo3CPlC8XJ3duRXAQ5HfJR1c" +
        "eD94ruSUHyoZv6okyU20zcA+4jbFOd+zFcBzeIw0FJl3P1pbS6ovlxe/UekOI8yIvj5rgEg0mqYWwK+9uQzT9IU/kgp1+VtINb8q" +
        "uEZqwZ3pPhfcebjxmxbAKNLGSWizhD/B/wWCROMyv8wZeEq6gOU+d7dP4eCRFsD+LXTKPpWDP4lZIAB64DC/YYYmPAY64j5dtpF8" +
        "V4gWwExz8iPRlII/qEZyXQZYLr+nqdYWcSvfPppmVdFHfxbAP8ZE7rKtgT9JQH6vdm0rvyCFapOX3No+/SkCJaZ2FsDF8AQrTtyA" +
        "P9y9LfH36Si/bcOmF1pQ1z5m6NZcaG4WwAUVZcSyHYA/7j05OGC7Jr8KGyvpkl3UPrv3W7SFZhbAijw9TuXefj9+T2JhW9MkvzuM" +
        "KLYh5dE+zg9tg/ZeFsB+NEWaDZ99PxkSS1F8JiO/PEbv1F2ezz5wMgwQtFcWwEvtgnR1eHw/K20XUI+rIb/clToVgxLMPjmZOWm4" +
        "UBbAoAMCYDloez/MaT74GVsgv8BodvvFCck+WVnHSP5JFsDirlfB4mt6PySLSRb3XR6/0AsETEhtxj5X16P6gEMWwEGNDYVUgXk/" +
        "+EM6QklEHL/Ab7JvzCrEPrBydUg8PRbA6lPswrumeD9/p/7Qv2Aavx3za86mM8I+J1KnaCw3FsB727pwg9p3P/9PYgFPrBi/TPx1" +
        "nPN7wD7vhzrwTTEWwEKEHnRKG3c/DJ90gwchF7+pgbhx/PO9PvCYfHwrHxfAPqxS+mOIhT8U16wQH+U0v7qofow8Kek+viDUubcU" +
        "F8D+CKsc1kyEP8GrS4vsijK/ZDadnaEe5T60xKPW2AoXwNX4/evoM4M/zENJr06RML9tT7NzpObhPmf0k+p+ARfAqbszwC84gj+r" +
        "66tjScktv/plNcV4nN4+jRV/e5z4FsAUX8YVUlWBPxOONUAa7Cq/9X2cYxJh2j6PjJcEJvAWwHasWRnKh4A/i04Usip0KL+6j6pa" +
        "4+TWPjcOkpkR6BbA9/Ub+WmZfz/0d4HkoU8mv5LOfAB8/9M+NNBfnlbgFsCXFSVdX0N+P96vVNFrcCS/4bbnDEaS0T7KyDuO7dgW" +
        "wM7rfLx4CX0/Jo3bmk7LIr9L2mPFpwvPPhuhTM7P0RbA0k2Ro1zoez8cgxzkP1chv+jc1pf9j8s+QpgjiffKFsDK78rBNN16P5k9" +
        "y/TmDCC/z4A8diGVyD5qAxiRX8QWwC6tV72V5Xk/r67VaX3MHb+kmdBkmwTGPi48AUgDvhbAfpIDMGz/eD8T51s6nbwbv2jOOYJ/" +
        "zMM+lHkui963FsCONEOP7Sh4P9aIn9bo4Rm/jewZDGTewT4FX8Ci7bEWwOoVGhaMYHc/abZ8dXQ1GL+HntWpmi7APq54ujMtrBbA" +
        "eYmUA+2kdj9kdFTAa7EWv2d3S900Z70+2dRaPHSVF8AcIBKP6CGFP9JGVDAGhzS/+C76E5y66D6bithMMosXwHbWYbvp64M/c9Mq" +
        "kis3Mr/TKVNhgsHkPjHWeJyCgRfA/HazH/PXgj8XkhRBQ0Ywv3iM5vF/l+E+iwIGiVV4F8C8ynaar+CBP53c2h8BQi2/KH2v9skU" +
        "3j5wZ+7TnW8XwGON7Y3ZAYE/sXop+INxKr9seo/E3OvZPrSUcStQZxfA6fpBgvo3gD+ffBJojAQov/jbWl7tftY+9W1az2JfF8B9" +
        "G1qLeAB/PwVoiqmO6SW/usq6Mzmm0z5IV/FJzVcXwFILvneMsH0/SoGnorMSJL/l0Ws2rUPRPq3Z/zeIUBfApoc8o0Z8fD8W/iol" +
        "8nQiv539mAWBgM4+tEw3HI1JF8BlDyBWXGB7Pw+v6x1nByG/UpD4KTUUyz44V0471kIXwAFxRsEDWno/MZNYpLOFH79sqXVthSbI" +
        "Pol+3X5ePBfALkgmOtxmeT8hHunavkIdv9IMcv5aocU+7PeCXSE2F8BzAsuJ24R4P9CADEUqPBu/NtVcnxdzwz49DTLHGjAXwHHr" +
        "MhY/snc/T4W2kdVpGb8lIYkakI3BPmWR1RRHKhfAB/mcAIDtdj8z/h9T88QXv7QGG72Ryr8+Unae+qIkF8AZ+2GOSTV2PxDpMs/I" +
        "Rxa/kwNoBcXhvD7fOCj7kwkYwLnzP2TbwIQ/ptmCtKQtNL+dsvxiZlHoPpEe3DmB/xfAX1i3LiSQgz9g8RRSoOcxvwgataP1aOQ+" +
        "wlYnOf71F8BU0tc15ICCP0yr+yMA/i+/ISmGwkBM4T5/moSZ++wXwG7GkLvcjYE/dEgTwI7BLL+WgDgfzZPdPk+AB1Vs5BfA8LmM" +
        "HdqygD8nEcozI/0pv5Zp+ytzfNk+x+53SkXcF8Ax8h8B6dh/P5lYNr+Ymie/xlSWLwUe1j490ojjfNQXwOG1jWTDb34/hGro9ayI" +
        "Jb88oJtwZVHTPpdD884KzRfAP+SnEKYlfT+RqjS6wrkjvwW1PNT9+NA+w7BkyefFF8AXShGAt/Z7P3A3ITP/IiK/k0fSuUr8zT7l" +
        "vKBxDb8XwEn0M/6633o/YcpssKS7IL/stJjvm57KPkSxNSV2uBfAq8xIoPLdeT9JU2XPMfkev2X6MqVyvcc+TdnT4xyyF8B8M5bk" +
        "B+94PwvXmAIUwBy/HGGyhBRDxT4zEtY3/asXwCXXmk/5EHg/WWGdtlPCGr/v9Qg1LR7DPnN45CITphfA/gqZ0wtCdz8zKAgK8/cY" +
        "v/bAIQfNQME+/zPcDVugF8AHAMQgv4B2P45F525BWhe/az60dlE/vz4MLFi70ZoXwLl4azbEy3U/vEP5hpzjFb9iJU3TEGO8PsUk" +
        "LImnexjAoqA3y8ZkhD8MKj4Hmtgzv36XPgsv7ec+hsSIisFxGMBuv4KAFTmDP7bmv1j0mzG/2WZZo58U5D678QXtaGgYwHey7lpR" +
        "LoI/Mt+kiW52L7/TWJKGmAThPtl8opCOXxjATnFZ81A/gT/BEP4zZUcsv876Xj/7GN0+JoRjpSVXGMCp2JnK8WeAP+UJpoR3jim/" +
        "g+zddGAS2T44OUc4I08YwNjG4OOzSX8/ChjAP9o1J7+Ygl12xMHVPiF55tp9RxjA1WEcS5XmfT82oUvmkCwlv/dK9b+mANM+oBKr" +
        "Xi1AGMDFGklp/aF8P+BFxaA1ZSO/8bqVXuix0D77e52eKjkYwMoUapAieHs/wF7BvxnVIb++BZqLd37NPpwkOVRvMhjAy4K9ZNVl" +
        "ej/69qI0o3Mgv3neBLmzLso+ucCw9PUrGMBorwtPY2h5Pzty1m2pcx6/NeJA9ndZxz7xq7qUuSUYwH8Af3p/fXg/MEfXfOhDHL8S" +
        "+NIWYunEPlJ4edG1HxjA6UxXvDCjdz+ImbO1jk4av6+52zBkzcI+q/ZtveYZGMBaLro2w9d2P41c8gW/ixi/qN2HUcf3wD6GE6HQ" +
        "SBQYwHeoadi8GXY/uz2GYeT0Fr8dHXaM3Lq+PnDoY9vYDhjA4SJeFNRndT8mNViec4QVv5K/LJiN6rs+CfFIUMnrGMBr2q6BQg2E" +
        "P1YqvPiPhzO/omXYCJWN5z5yW5XbDeIYwBa4Fola5oI/0s/HiNpTMb/INeRNLsTjPnkpNYXd2BjAp+Di+9vfgT+uJsPSRvUuvzL6" +
        "aylBwOA+Ybi8aSnQGMDl0m/RsfSAP4qOIrgG0yu/29Kwp9uj3D5CtqPs5McYwF78wuXJIIA/mtJKcg4lKb88YlrsO63YPpP6+UYF" +
        "wBjAk5B7J6/Bfj9/0rk96NUmvwr64b/PadU+JZtjMIG4GMAtBy4ATmR9P/7NFl7a1CS/VC8uw6yz0j6ef12bULEYwHxuigj4JHw/" +
        "KWDZv7MUI78+vFPNJW7QPuB/4H9sqhjAyyaGr/L/ej/GIxHb74ohv5xlwUWJBs0+SgrgsM6jGMC2otRUG/J5P2lpO6MWLyC/JPd8" +
        "3gvEyT6kvBe6cZ0YwC7vAy/K+Hg/Jfa1/Yz0Hb9UEa9gMPrGPll2R8RQlxjAIKumo7sReD/msCQ9uM0bv3u0v8nok8Q+hYN3fmeR" +
        "GMASSS92/jp3P2TBublf4Bm/2sDta2qAwj4NXjYLsosYwO22VKPlcnY/ndq6rsUkGL9z/N17NLLAPruTAfEshhjA1T8pDv23dT90" +
        "RopOb5QWv4jCpnWrPL4+H6o6DdWAGMAM4mJcAAl1P4zd+ZHnKRW/HHG6pr93uz7W8/yYEVoZwAp1VsvxuYM/VMs4XDk6M79Bv+JE" +
        "QTLnPuKQtKJ+UBnAp2n4HZuXgj8LYi/aDQ8xv54VvvtXd+M+8/1xonRHGcC6O8MHMJWBP3QYpbYMei6/d0KUyvt+4D5NEKju5D4Z" +
        "wGcQOviurYA/D/KkxwJkK78f8VgXAjTcPhlh8RvDNhnAVgpZ2iq6fz9Omw+ZgcAov1S4Rq6nTNg+EYJzjQQvGcDhe1foRkB+P7sS" +
        "BR9leia/q/CfDtUV1T5SWSYfoCcZwOWdjzxf6Hw/TnLdbzOBJL9fc51vL2rSPiweG+ONIBnAgEI/0Ayuez+bgYro7cciv50T83d2" +
        "LdA+8Xfr7MYZGcDjH5iCo416P7HZ8ks4RCG/6kHE0g6UzD4589onRRMZwBAW/twMhHk/5HbnHHbbH7/ynB50P17JPvrUJzUDDRnA" +
        "YbDcZ6uOeD+zAeEWXnsdv++i7W1Bn8Y+P+mxUPwGGcBU+CpZRKt3PyBlNVQNXRu/vqNCMldCxD4kOZY6LAEZwAXOTAfu13Y/ShOJ" +
        "c1h3Gb9BiP5X9jbCPromtSSP+xjArE2N+gETdj9rJ/WYn8IXv/qSl9bRb8A+p41XoyH2GMBE/ZTFEVt1P9G7ngmBOBa/L6xx4kTE" +
        "vT59Hlag4PAYwMw6wQTernQ/Y5Md5JzTFL+97oJQOAq7PooxxMWWxhnAjZLY3IFqgz9727TcUPAyv4VR1lLl2uY+uY28aiq9GcCV" +
        "/6COiEyCP0DdSk1QzTC/Y07cXdot4z6pJvv1RLQZwKfriHwCToE/jPxsnVAELr+4I3rSj0DgPr4iTPXXqxnAkPEyuABqgD+6/Gxh" +
        "9Pkqv2i/XyUNyds+yflHLNejGcCZK/tpHzl/P6uVTBV1YCi/VyLhQk/w1z5qsVImOJwZwLCl6k33xH0/5jy75/wiJr/+vbmjisXU" +
        "PvtbIOLxlBnAMwBiMEpyfD8NkdgGTzEkv1zth/ztI9I+ZHHzj/yNGcCsbnCRwTx7PwTGpxadfiK/iIcQRULfzz5vMM9dUYcZwOd5" +
        "KSC/IHo/rvECarEAIb9hnoSLoibMPrrlNE7qgBnAPDdPCDgbeT+kMoEgp14fvwlh5cXz/Mg+P1TyFsJ6GcC/uiexmCl4P9wuq2ur" +
        "Bx2/m2Db01lIxj5cpy4G1HQZwPNFqr6uSXc/WnJDEX7xGr/ZSfQpZPTDPr7sWewbbxnAsnl9xZd5dj/SkT0MFhMZvxo58eHF8ME+" +
        "jmr4CZZpGcAQBTaQs7d1P4YZFR7wZBe/ZabafGMwwD47X4EAP2QZwJh/TyGZAnU/1UhxiMLgFb96+UDiO1G9PkOktsUTXxnAwhwR" +
        "1A1ZdD88tqukQYEUv1QKkTSUobo+ivFwhm0xGsAwbZ+IqB6DP5vMj/+XqTK/N7FTXjqH5j5IVKUHJigawAU/TmDcBII/7+z+BmqO" +
        "ML8GKsWUeefiPowWLnZjHxrA4Sh2MBAKgT/KKiUErpMtv1uduCrKBOA+a57YlBcXGsCh55LlZimAP82zm5GAlCq/H4NV56Ri2z65" +
        "qTxUNg8awCsCeZD2vX4/ItMhLZYEKL+1/x1y5pfXPpp+Rma1BxrAQ/n1YEpPfT8IWhkAZM8lv3EBZ/eteNQ+2GHr6osAGsDSLTJs" +
        "nQF8P8ChfsXn5CO/MPq1+q3g0T6eAFUvsvkZwNxi3Qap0Ho/rCQQZYE4Ir/eHVpf5GjPPmvwznoh8xnAKQ68Gty4eT8h0D0lIMAg" +
        "v8DcAsjovcs+o0UZ5tPsGcDC5Qv4Nrd4PyisS8ZS5x6/ft/ZDtefyD5/UK86xOYZwJgE83kvyXc/8c9ZGQ+ZHL+j3iFNMPXFPq5q" +
        "Ntjt4BnA4r3mVpvsdj/8Kzpuq4oavyo2XsTNqcM+FrG9nkzbGcCvnBATnx92P25bYKo/sxi/jOEFgJ2twT5Pq8vc3NUZwPK7KHeg" +
        "YHU/wsQ++GMLF79Ku2fxZue/Ppk9dECb0BnAdoQ1ujuudD+rpxiT5YwVvzNf1VIu47w+BYreyoTLGcD2cJbCOgd0P7qkYzSMMhS/" +
        "3De20Hk9uj65t8QEqZoawFXWJiEj1oI/xhLzTNZlMr9r6gNBADfmPvpPrcOEkRrAlKIePVfAgT9HIRGPKFIwv6dIuGn/o+I+tg8x" +
        "jOOIGsCK67jMHMmAP05dlB7KJy2/jAdUJ/mW3z7zXe9Tt4AawHjEybpP138/0tJDM1UzKr+lUMvKeQDbPl11ozb0eBrAb87P7kFI" +
        "fj/Jp78tmqwnvwgRSEMoQ9c+tJgpC5BxGsBNbyM61t58PxVjxylWfyW/cZ9O2AIv1D7iNVcRgmoawHpKmx/zlXs/eVvSD7+bI7+i" +
        "fGmOOqDRPs7FCbLCYxrAfEZlImFpej87posqYfUhv+/v6eF1984+hNLHTEtdGsAeeOLbm1V5P7fESDNPgiC/AsqUpo5Zyz5Dy6IP" +
        "FlcawAJ7dUuuV3g/XN1IPBZ1Hr8HSR1hn0bIPiQv8dYdURrAiilwXBdtdz9bnzc6LS8cv9cokJ2CpcU+ZTgbE15LGsC5In+CtJN2" +
        "P9pKW7k/KBq/Ogjia1hiwz6Zjiez0kUawHj77eewyXU/3ArSMIVXGL/3XSZkR23BPsuICBN4QBrAwKYZFHgNdT95VnUUsLUWvwgC" +
        "QxAic78+lQ7n7Eo7GsB8FVk7q110P2vMxqejPBW/YGxXi8N5vD7p0dRMSDYawC/53p4YuXM/mfaFODrnE7+wD8BJmN25PqijVgtb" +
        "AhvAiLInh7WQgj9115iX2CQyv8bf2rn86eU+99a1hlj5GsBPpioNwH6BP6V/tCpeGDC/oV5ApDpj4j7ul8A71/AawL49XPDxioA/" +
        "+V85rFLALL97asMk+ijfPvUf3lDJ6BrAC4fFYh9hfz++rbjgJ9Ypv1SYC5lDoto+dPYwCyPhGsBxCeUYntd9P6pPUXM9WCe/tkJ4" +
        "Idbx1j69QQhl2tkawBEQ23g7c3w/CANPnJUyJb92djerUujTPuMY0Lzm0hrA7I/Ene8uez9W+Nk5nFUjv2YF4sVjYtE+Fd/6lUDM" +
        "GsB82R6ekQZ6P9iqIDgItSG/3bF3IaKKzj6Utk5n4cUawNBpAkGp9ng//WDXWw5HIL9oNloASfnKPqblUHPDvxrATtJix0v8dz9U" +
        "T00bmAcev1L7gbYJ8cc+i9puqOG5GsBwOqTPABV3Py1y2K2yyRu/xdv1uhRZxT59+SSHN7QawBAaDDutPnY/ceKoce3JGb87vZwf" +
        "zh3DPiI31QzBrhrAFTuHlYJ3dT+2/mItnv8Xv6HiHcySL8E+VWxRonqpGsD4Q9Lp8b10P5x2qpGQYxa/TySw+p8Dvz6ECVkNYaQa" +
        "wEBKCDahEHQ/9bPOCL3vFL90Ax45qxS8PlzjdWRxnxrADnIi6WJucz+GTn62D58Tv9EZMWGmgbk+ZSmkJ5RoG8BW++NbKU6CP0AB" +
        "tF5w5jG/AcFGwPqf5T4vWrj4sV8bwFFaMTLjP4E/75k1ncLBL79gK4d3/iTiPvysBEZPVxvASERmdF5PgD8hQt73/Fwsv7ODFuZK" +
        "v94+NbvPZF5PG8DsEHLn3u9+P0F5owq1fCm/108gnsBH2j4V6gPC00cbwPtg+jqxa30/JTNglEIHJ7+l39Met6PWPlDi/nmlQBvA" +
        "gcVz9SMMfD9ojilC6ugkv7kzusVrpNM+Vk2PCMs5G8BnyEUbQMx6PzeHJtRLEiO/eGS3B/4m0T62Q7AKPTMbwM+rB8Xqp3k/++k9" +
        "M0d3Ib/9VDkiHCLOPjWHfA31LBvARtoAbrebeD9kZereMQ4gv2Hub4PTnMo+uCgeZ+0mG8D4qzIyxaR3P96yAkmHnh2/aYH2Itme" +
        "xz74G2IXISEbwAg5/QukwHY/t2pcDlRoG7/Z720UsA/FPmKqNa6LGxvAmYbG/z/tdT+uFXVNbm8Zv9RJycz928I+0BfENikWG8DO" +
        "dgu70Ch1P3QM/u5Iqxe/vka/alP0wD6aqDsm9hAbwGo4e5TMcXQ/YDUK5ccUFr/E+mtrkJi+PigtfE3vCxvAxYjBI97Gcz+vxMbt" +
        "96UUv04G3WWcs7s+9bgczREHG8DPDH/b2yZzPyo7uVDWWRO/dP7gkGEpuT6kqgLIY80bwE+LYFFNDoI/yVO5RXOqMb/GmtfuyVjl" +
        "PmjTDaCgxBvAxDDm35EDgT/jGGpJGFcvvzH/ngMi6eE+sDIqSFu8G8DVdGvLNRaAP/f7zfqE/Su/w97UuKVZ3j4FF7RChrQbwLqo" +
        "Xjo5g34/Q3qGL78mKb+1F3zttPDZPpCP2CIWrRvAhLz68SkEfT8QDt+qcbkmv/dynlGXWNY+hfG1JQGmG8C/AXakQal7P28FCxEh" +
        "oiS/WfKa3yBj0z4h6FzjPp8bwBC5epuZbXo/flp5EZ/RIr9xVjKV4e3QPhITVhHImBvArVKfaSRNeT/XYiMH8zshv/UgS7mdvc0+" +
        "uss0UpaSG8DSg3PMgER4PwvQSOEjrx+/3ADG7O9Dyj67EAYPpIwbwPPW9VrXUHc/+3wfApo5Hb+ZZEgj1k/HPkukSljshhvAlEno" +
        "GcBvdj/hrEDLzAobv05ZKfMiycQ+4N3HzGqBG8DuswvrLZ91P5rsG2SCGBm/6Tgrv7qcwj4VqemEG3wbwHLyZ2Fe3XQ/KxbVvEla" +
        "F78qJOzlYLvAPr8EwAH7dhvA+Qaz68wodD8CNlQdHskVvzvnaUeqMb4+M4zcHgZyG8AqUQOOKIBzP4AC8dEfXxS/gWx8oFRWuz7O" +
        "in8GOm0bwFjALZdL4nI/w1Ygn1wXE7/Eu1RGjdS4PquJCVbYMBzAnY2Lk/TQgT/m2o+eunAxv60stgE+FOU+7X0i/DIoHMCKwhOM" +
        "ocmAP7MHAkV48C6/VYij53+v4T4bAV3WCSAcwPYH9e+evn8/Aob9nayhK7+WiZvjyvfdPpuRfZJPGBzAK8OJEuEafj9di38uDtQo" +
        "v4e9oL/pnNk+L7CG6PgQHMDVvw1OvqB8P8m9HbaXbia/u+kQR0cQ1j6JJB41/AkcwA6bpqJNSns/6BcMeQteJL/FRTqXSCTTPofj" +
        "hytRAxzAShQ/BbgSej8a9H5Ba5Miv6vwfB3qttA+6HTumPD8G8AiY6YC/fV4P7wczWnkAiG/0Uj5y+ZczT6KaI801PYbwIA0yS/G" +
        "8Hc/ulh0jhRGH78InZlcZe7JPszZpHn28BvArWV4REUAdz/lS1cGjdgcv0PSwgPOA8c+7FHCiFLrG8DXE0IDGiJ2P9zbrGPesBq/" +
        "31ev8D+FxD6O5fUO5OUbwK/Qx+k9VHU/w203de/EGL/0Ftok3F/CPqsHbDGn4BvACodKOPSUdD8LPzcpagwXvyb7K2aWhMA+D2uj" +
        "fJjbG8Ccxs9EveJzPx5VOUBggBW/deKn0arOvT4QzHfWtNYbwE7cfFVMPHM/cb0o2wQbFL8NfxNDl/y6PvXqdHL50RvAGbRYcH+g" +
        "cj97c76eddcSv2r1wDjygrg+h0TzTf+SHMCfDD9G9pWBP2BlTQMjOTG/FRnlZS7S5D56ZRaddoocwO94rnLrkYA/HaehWqONLr8N" +
        "jR/i9XfhPj0HpZNoghzAjnpGLA1Vfz/uq30UO0krv6icewKAmd0+ch44Cch6HMDqcU0JkLZ9Pw0kCbFuhCi/h7zu5CxM2T7ZXlDZ" +
        "iXMcwJa/fvgqQXw/lKHAEYYmJr92ep6Im8rVPiCq9H6kbBzAx6MiYwfvej8AKR7nfhwkv91OLga959I+UN+dxw9mHMB42ZJYXbt5" +
        "Px3EUF2JVyK/iu4SX/aB0D5KDzuXxF8cwBUStOc4ong/MzRPcffLIL9SiE+ovP/MPqIf8ri8WRzATSBLGE6gdz9zwUpw8+Aev2WX" +
        "dcH/m8k+GX9/ufJTHMABKThu17J2PzQYtOAiexy/A834WpK6xj7rPvLIYU4cwHit2CF813U/4tNFu09aGr9ZC0F/3UPEPguYGqIF" +
        "SRzAeI8kDzwMdT9hFKZIgHQYv8XLbKI8JcI+ejJtdtpDHMBvwqfuX090P5/bsHt4wRa/QbIZNdJPwD6Scmvd3D4cwD3J789sn3M/" +
        "IkGfvV86Fb9Di/35VG+9Plfg2cYJOhzA9IZjExr7cj+CsXJVe9kTv9UDgNEspro+oqk3b141HMCc/XVTSWFyPzIj3zT4mRK/lqCP" +
        "1V00uD4Xwl9T5fMcwGXTzRQtXYE/GTwj/YsDMb8YycvWdZLkPuGUtjh46xzAdy+pKkxcgD9sc9mUXy4uvyMZln1kQuE+SdoTR4Tj" +
        "HMCbfxXqcu9+PzfYW0v88yq/H/MoeI8+3T4e9Gh+/NscwD01H9YFVn0/rdE3qLE3KL9nCHJKUP7YPhq4cdzV1BzAHsBMdzLlez8f" +
        "dIX+EeElv+VB4zBsh9U+5h6B+QbOHMBsJxP6M5d6P1OA1VdU3SO/yyaWY1ut0j6Ok1W8h8ccwAB42/9QZ3k/NxoEo9UdIr8tvkzV" +
        "507QPmNl0h5RwRzASc+AqKFReD/L/hw3C5cgvyJ1H3Pppcw+0WdP/1y7HMDBgfwP5FJ3P+FpgsSDfx6/hh5TVo9MyT6Asmr7pbUc" +
        "wF8BcjZbaHY/q5z4RyMhHL9Qea6V+HPGPkuZIFInsBzAw3ZKhrWPdT9LIW+F7AYav02goYHVBMQ+D+CEy9yqHMAdBef/+MZ0Pxr0" +
        "jiMEJxi/UsAJ9bnswT41OuOkwqUcwBiITaJzDHQ/CezbLkd5Fr8rR2do9RzAPmsqWoDVoBzAH/R9C69ecz9ry2b18fYUv4VTzcJw" +
        "E70+Sn07VxKcHMCfH6yQZrxyPxF//T9bmhO/SZzbbOJSuj6MCKdudpccwM6k/j9/JHI/Y16kwr5eEr8P9/u/oei3PpxH0UOWUx3A" +
        "ee1g0HYmgT/+K4a2188wv+6o9QfyVOQ+P7ApvUNLHcDV2e9IoyiAP1jxl7J30i2/9ylpx64O4T6VxJ7uaEMdwOYRGHySjX4/uLfA" +
        "a8ChKr+rVu3wx+bcPgMXFP/4Ox3A/89RpAf5fD9t9ovaq+0nvyYTCY4ps9g+xx5QDek0HcCjqL6JnIx7P0WfLDoUniW/L+bvjZRG" +
        "1T6X2uzNLy4dwEHPfH+dQno/EMMX+GegI7/N5CKyA3XSPnCwDEDFJx3AUlRrOF8WeT9qxAQ+L+Yhv34FPXCiHdA+oerCcqIhHcC4" +
        "PbJ6BQR4P9d3JIcBZCC/5FRTqDtPzD4Yb+1WwRsdwFEpRR1YCHc/ltW/xY0hHr/GvAcx6P/IPgWidJocFh3AdaZQUaIgdj8O522T" +
        "Wsobv5CRWZHZL8Y+vxS8iq8QHcByiGhzmUp1P9TVmcOEthm/sdX77wTIwz621qP8dQsdwLKTvXFJhHQ/jMs4T07cF79KwUygNLbB" +
        "PogR5DhsBh3AzZPbYgXMcz9Tv+d+rDMWvyZXMy/H178+zrzY644BHcCVQppKWyBzP89X6MzvtRS/jMYxusq6vD49uAoY2/wcwExS" +
        "rk8KgHI/RaHu6H9dE79LGrVYiQK6PjSQ7ApO+BzAXrQc1frpcT9Io5PGpiUSv6N97WCTn7c+Cs8vRx2yHcBkD+YatPGAP16E8Lbq" +
        "nTC/BNNHWYMZ5D6bzJxh5KkdwGqDwh6m7X8/qmzarLp5Lb9gc6IPutzgPrsz888hoh3AMoGoTjMvfj/lW6RsW1IqvwWs1PT7kdw+" +
        "lqO23siaHcBto+B+X598P3Rp7H81pie/LDyyn5Fq2D5L0ZjMzpMdwKBBKJo1N3s/AGlQpGhdJb+FuQbP8gfVPutihGkqjR3AQwB6" +
        "hhLxeT/OFabRmGUjv87rJniYPtI+NeAqzNOGHcCViL2OWMh4PygcW/p3sCG/WLrHqhjczz4zYBYYxIAdwDVKs7o2uXc/OF0Bmb4y" +
        "IL/FjumqhfvLPgu4CFD1eh3AookMSH7Adj9M2Hgo3sYdv2y5pd7htcg+bc6lMWJ1HcBoYftRgtt1P6+fGkGZdhu/SbUcQxHuxT6W" +
        "BjoYBnAdwC5w8ur+B3U/LePRU+xoGb8Oof6HS43DPoxBAeXcah3AK2FpuwVEdD+VthKvNZQXv59US6aPgcE+FJm76+JlHcAewyHF" +
        "7o1zPwKWXwaC8BW/gvXcNQV5vz4rQqjiFGEdwIqEeUtM5HI/W5DTUTV3FL+qF9KDM2W8Po/nNdVvXB3AwFJXJeFFcj9I+8qVxyIT" +
        "v+U+eI/2tLk+R03gGPFXHcCUgobtmLFxP66iCIqQ7hG/uoa0hAtZtz5XGJPehA8ewGuYsRzIvoA/FNHgpqttML/U2TaUDODjPofI" +
        "MbVkBx7A/ZH+S4CNfz/tOihL+yMtv9beX7BtrOA+J6mHh7n/HcBi0olgIdR9P6D+3rGkBSq/2qLvhgFA3D4B0njGdvgdwKnN+s7b" +
        "SHw/Ej3E6SlhJ79p0yZuZCTYPvSfks+R8R3AEDS1Qc7kej9BflDu7R4lv41FLrxny9Q+hZMnjQHrHcAADNGlZaJ5Pwz+z4HILCO/" +
        "n/tBgP4J0j7eOq8svuQdwAGbcWsRfXg/VnBMAZR8Ib93afFPG4DPPpCGe+XA3h3AMj28fAtxdz+gydTRKAMgv+h+YmKdqss+GBCZ" +
        "ywPZHcAYfX8uLnt2P9ps3qdFbx2/zuLVC1duyD64X+CrgdMdwErE00LUmHU/MfDhirMlG79jLHlpfq7FPl1CD+81zh3ALq4NScDH" +
        "dD9pQTKN+h0Zv53nmYaLVMM+7y9TghzJHcCo8TdzCQZ0P0LmvGOUThe/zthHSLBOwT5tQxXEMcQdwDjBaYQMUnM/hhkhZ6SvFb/T" +
        "cTykdB2/Po29InRyvx3A/PBR21+qcj98a4JooToUv2uW/3B/Erw+z1ODptu6HcDCa5DfyQ1yPyhxpzYT6hK/dIraYwJquT7MnHa4" +
        "arYdwMUNOkg5e3E/btrT2F65Eb/Yv60E5hS3Ph9eivHWax7AnaZGQ5iNgD9s8O8aAz8wv3BDwbByqOM+c9BmrM5jHsDaKLO5ojB/" +
        "P3zByMQP0Sy/L5LX27J94D6/kSEWOlwewLMaX8wsfH0/SdS4tna7Kb80r+DPsfDbPmzK0MIMVR7A9b+R6k71ez9hJ5E1Zx4nv3yb" +
        "NZ2A4Nc+S4fcLTxOHsBcvZfbOpV6Px6ZxFSF4iS/QWc+dtaQ1D6B4yJbv0cewF/5Ww9tVnk/djfi+Nr1Ir/h0nmhHNfRPjA0I46O" +
        "QR7Ae5iSrmE0eD92egWeaUohv2nzfK8gJ88+GMZREaM7HsDdcqorXSt3P4E2FBtRqh+/b3TE41tcyz5yF3UJ9zUewAYxM6dCOHY/" +
        "xmuLoJgaHb+vKYI3JSnIPnXBGlKFMB7AAjumSnRYdT/hAHAIgdcavxvOOkcCccU+HA4BYUkrHsAvEk3suol0P3N2SeiJ1Ri/IzIF" +
        "aqkdwz7Rl+IuPyYewBs3sBkzynM/2f06eUcLF7/2e97OfR3BPoe2dyRjIR7APaadLz4Ycz/sN8n98nAVv70txuPoxL4+WCnLCrIc" +
        "HsCKgNOFdnJyP49OIIQVABS/XrEeJYbCuz4EIDX+KBgewOgB5fal13E/mDGaIkazEr/kanwtiCG5Pqdod2PFEx7AE98vPL5GcT/5" +
        "hpPB9oURv+SNI3sB07Y+5LMQ2hzHHsBouvgHDF6AP9IbB2XbETC/2OwjoZxy4z5+tyatK78ewFSW6ere1n4/slP3bNGALL8YuBBw" +
        "dFDgPgVJAO2stx7AyKt0YCknfT8VbmbCrnMpvxFFLtLoo9s+hCPHT5SwHsC9J6KwjqR7P711dAjO3Sa/S2OMRMee1z6bl8pt16ke" +
        "wHTZZyVTSHo/9aUnYRKoJL8G9EI+JFjUPg+8o2Ntox7AurUiNAINeT/7TR5BtsAiv2Zyvo3bpdE+w3wlik6dHsDW1hxXJO53Pxi9" +
        "MwnhGSG/ibv+6v/Qzj6cyEk+dJcewLEFrDMI6HY/QnoG3U9RH79u0aMknRDLPnzRB7XYkR7AGku5bpn3dT+X8hG3rsgcv4Suam4s" +
        "5sc+yHYp2HaMHsCVNfBcQRp1P75sL1zcixq/rx1dZoA1xT63kwIqSocewPJkeOjOTXQ/v+zHsXePGL83u++6i+jCPo/Je65Ogh7A" +
        "JEywzmOQcz9Si8SeLsoWv4txp1jh7cA+e7FH2IB9HsDnupTgZeByP51CJJ5PNBW/USSwrjhvvj62R2J53XgewIiBgE5zPHI/k0pI" +
        "Z3XHE79zDq5EInW7PsuFL7ZhdB7ALRPHSVmjcT/EyyPcRX4Sv9oEN/9l27g+LVi1+gpwHsCLem51DBRxP7lgkF0/VBG//coGAD+T" +
        "tj7IeFZvXyEfwAyjT70MMIA/0/HI1UDML7+c4GUjcz7jPhwYq5mEGR/A1CRH5QmAfj+Pb5xoHDMsv66bkM+eJOA+mb3W+BoSH8DL" +
        "xttC7tR8P5MzHaUsLim/GVAQJ4VZ2z5x/gZkFgsfwAcyTDF0Vns/v/KQUkGfJr/+aNO1G1/XPimVi49sBB/AK2/a6vH9eT9NgqCy" +
        "em8kv7RzO0M4IdQ+mr/yrxT+HsAlL2BzAcZ4P41YN0xCjSK/vzUApiV20T6dJbgyB/gewDR3CjU3qnc/+4qeOuTqIL+NUeAYk33O" +
        "Pna/xoY98h7Ai+gVt+umdj/WG55lJfsev9eo2rY/x8o+42HE8LHsHsANGwnfErl1P6XWzIhieRy/qKt1Dk+lxz71r0RoX+cewM4h" +
        "rPMc3nQ/iXTJ6aJCGr/fzdlh3vvEPqe7y3tB4h7ARCCQwt4TdD/lVRPGo0sYv55x5dsatcI+0wYWOlTdHsDsZoIPf1hzP6C75eYr" +
        "ixa/nMZxrsW/wD6s338flNgewMMJF/xnqnI/sxpoV575FL8VGdHAPRy+Pk46rgb+0x7A342AcjsIcj/Q9vPrppATv61CgC0xKrs+" +
        "acHPG4/PHsCDSxXgyXBxPwqbetz5ShK/TBrLZXyXuD75pvPRRMsewJriKboK43A/+jUYnyEkEb8mqk/tgVW2PlS6gg+neh/A+TZC" +
        "YoUDgD/JoXgCf3cvv+fA+pfgC+M+KotT2uFyH8C7rODb+yt+P96nTGzP5yu/NXuwfD/03z7Nc7erjGsfwNf/KaBVhXw/xumefNLq" +
        "KL93+Z/CZxHbPmHm3XqbZB/ASpEdYNsKez86/i4ZpmImvzq5J0ljIdc+yNw7FwReH8CCnUK79LV5P7BN+MylOCS/3Ytkdfvr0z67" +
        "7pjMvVcfwDnZ8tJJgXg/45V3xmhbIr+XfR7T5kfRPsJRdxzBUR/AW2N0pHpodz/Gz/S/Xr0gvzp8r/+2LM4+lvwlhwdMH8CGX/5L" +
        "6Wd2Pz6QXByspx6/NTnOiySAyj789H1gi0YfwHwVY6+RfHU/mQmZZZEsHL93K7iQcWbHPkr1b61HQR/AYvFS0eqjdD9bAe2UtPsZ" +
        "v3uoebUDxMQ+zxdQCDg8H8Ddu8Y0z9tzP/XLkFTwCRi/ZUEZ3kCDwj7AM1mKWDcfwCGvq3xqInM/AXHVjiNOFr/vY1scF5PAPsbe" +
        "RLmlMh/A6Pli+Sp2cj9pHy8/xcAUv1wdTZHUy70+8nIceBwuH8CIKcExttVxP4aFwdGRWxO/nHnztpLhuj6NiZv6uSkfwJuGvbXf" +
        "P3E/35nNZEsZEr9LktctrlW4PkLGorp7JR/A2inRtqGzcD/aoXgliPUQv9hNBaqvGbY+dbCKqPvSH8ClDwH1xLB/P/+ivpVOJS+/" +
        "2PTW3NDa4j4TgJBmS8sfwAIes+OP2n0/GdZ8gcueK78100yFzKHfPvDNEQYKxB/AIeRvYzw4fD8HEkZ/hKkov+rNeb5zy9o+nLRK" +
        "nSu9H8B3iC/PosF6PywUx0bjJya/CjolL4Xl1j5WIwUWprYfwCzOjKc7cHk/D/Dx7HwDJL/kqFZeWLjTPiGUj9JwsB/AoH/0v7w+" +
        "eD+PctPuFCsiv9XOEGMMG9E+d67YZ4SqH8Cw6o5Q0Sh3P73uIpg9kSC/Q+ne2ErezT47ZA1n2qQfwOFebcHkKnY/95iOEMFWHr+P" +
        "L0u+LjvKPn+jxDJtnx/Ay7yJu/pBdT/A004RG+Ibv5JtW1l6Kcc+lP/k3DeaH8AhQPfJkGt0P3D3SIfzthm/htriktmNxD52PDcL" +
        "NpUfwBj1W/mGpXM/CqWkqUHKF79wkuNa6VLCPkZEI+FjkB/AOyNppg3ucj8DRBDM+xIWvwh1Jk/DZ8A+lFt37b2LH8BGZzAwl0Ny" +
        "P6leUkKsiRS/6PrtE9x9vT59IWAbQYcfwJZTZp7MpHE/9yC9kR8oE78n/x/5KJu6PsF166Xqgh/AQ3eEi4QQcT9Q/LZUJekRvzLM" +
        "JzDgFbg+mmiWDbh+H8DM2xjQu4VwP4R83RVfyBC/Mb8Qe6/ftT4zwBxgMhUgwKOISNYjXX8/4WbINo/VLr9AUmgsMaviPiQbfmZk" +
        "ESDAx8d9sKOLfT8zuALS81crv9uwDBLFUd8+3bRtT80NIMDZgzH2ge17P9e1wMwoaii/S7QEKo6H2j4dShs1ZwogwFMp8HGreno/" +
        "epMzgOHuJb/fzc5HaqvWPg06MxktByDAtymWB6kseT+yRFTh6s8jv7ZcX/06htM+sVDLtxoEIMCQeGbWPf53PwXeSXMz/CG/4wbD" +
        "6YTv0D7ez8dkLAEgwJOteP0f63Y/LUmdEm9mIL9X5AkaMJLNPvrl3OG9/B/Ab1wi68PvdT+gFwG9Qwgev2s8JWJD+Mk+U79jKV/3" +
        "H8CzuVfRNAl1Px4r/ovhmRu/RKOijFHuxj7+aJ6+N/IfwEV7iZL2NHQ/IsPO/EN0Gb/QGzy7SlnEPpRtc1JD7R/AMIxwm+5wcz+I" +
        "q4z+fYwXv1eHXVEBJMI+c4UqEn7oH8CNqffeUbtyPytRa5+c2RW/Mo1DNbk9wD5JnWGV5OMfwAyLVKyWEnI/JLbi+jxUFL+4BDCB" +
        "NTK9PgWtKs9z3x/AnjC0cWl1cT+S1vg2O/YSvx7GHBrYVro+iRauASnbH8DkFiG9o+JwP1dgNAV0uhG/RrqMI/nXtz7p7tKzAdcf" +
        "wDsKNvpEWXA/O21y+JOcEL8S0h9Zaqe1PmSIv710QCDAA/JttgUMfz8HJcu5Ioguv1jL+f/vfOI+cnRcnbA8IMDi8OpYFz99P+JK" +
        "GnktEyu/XoSHlgsE3z56c37VIjkgwNhTWQcIpXs/dTrFQ6csKL/uDK3fnUXaPhfd947FNSDAyPyZZtg1ej+O5mX+irclv5L8u/38" +
        "ctY+TyDe15MyIMD7b+1FIet4P8hSEejbnSO/JLWQp5BV0z52xeR2iS8gwAYwCK+yv3c/SsQIUbLOIb88YjAlQMXQPlA0F8miLCDA" +
        "tAv6V02vdj9UJCGy4jwgv0cy7kNKSM0+H74tp9wpIMAyYBVzbrZ1P42+GdIVvB2/znHkWEm3yT4dH41QNCcgwGn334Mo0nQ/y8QV" +
        "4MhTG7/PWW/o4LTGPoePjVqnJCDAb2R4lQUAdD/P4HMVjDMZvwsQ1FxDJsQ+wd0HozMiIMCR5QtN8D1zPzYHWU6NUBe/7QeXB3f2" +
        "wT5TB2tF1x8gwMxo5hEiinI/GEvvrO+hFb8aTxvj6BTAPnH9zJGQHSDADiBLBhXjcT/FV5yKYiAUv0MDLyTE6Lw+EvGLBV4bIMAr" +
        "N7vleEdxP1B0WDvRxRK/GQuZIIYUuj4Xyy5FPhkgwK32+RsqtnA/zACTJyWNEb/29pBz4Zu3ProcRhcwFyDAjISclCoucD/1Rj6Z" +
        "FXIQv7Q+98rKcLU+UuqMUkhrIMA3jSUvS71+P02W6PDsPC6/JmIZ9fxP4j43JxTBjWcgwGtIGyHN9Hw/Ix9EWV/QKr97+tZzhLje" +
        "PnM5CwIJZCDAdCVEWLJeez8+HCZc6fAnv9q3e16LBdo+ITJ9TLRgIMDGE4LFDvN5P7MsEmzLgSW/3KkIJSk81j7IpI66il0gwE6f" +
        "LbGKq3g/GwAKjz1tI7+WLRTrRybTPsbOQx2IWiDAJCqQsgKDdz/kzN+3gKIhv+swWeQunNA+fr2M2qhXIMD7RnTKQXV2PyVvfxKJ" +
        "FCC/vp1rtn4AzT6ahtrS6VQgwLQL+a/NfnU/zSOLBRtyHb9IG+QqKXjJPpNlUUxIUiDAZYRjA8CcdD+5CLv1tg8bv9pmuaETfcY+" +
        "eSU44sFPIMAaTP/LqMxzPwKQxauz9Bi/jmNQ9LD0wz6ht6V3VE0gwPEiqsF3DHM/ErBiL1kWF7+PwPfuOcrBPlIysSz+SiDAFtvO" +
        "n2pacj9+I+UX4GsVv0JuZfSG2r8+gTaYVb1IIMAhxgRA/7RxP5V2R3kJ7hO/9Je8LW2hvD4wGHJzkEYgwNooK5PoGnE/H6sMaM+W" +
        "Er+ZKSXLGtS5PjsxHy52RCDAVcPszQWLcD8bA9OnJ2ERv7OgcBuDYbc+VUE2T21CIMD4VKxJWwRwP7VcQuzTSBC/r7qpw7w7tT4=";
    /* end of table */
}
