// The protocol of looks.c, answered by clients/csharp/GanrtLooks.cs.
using System;
using System.IO;
using System.Linq;
using System.Text;

static class Looks
{
    static void Main(string[] given)
    {
        GanrtModel model = given.Length == 2 ? new GanrtModel(File.ReadAllText(given[0]), File.ReadAllText(given[1])) : null;
        for (string line = Console.In.ReadLine(); line != null; line = Console.In.ReadLine())
        {
            byte[] bytes = Enumerable.Range(0, line.Length / 2).Select(i => Convert.ToByte(line.Substring(2 * i, 2), 16)).ToArray();
            Console.Out.Write(Answer(model, Encoding.UTF8.GetString(bytes)) + "\n");
        }
    }

    static string Answer(GanrtModel model, string code)
    {
        try
        {
            GanrtLook look = GanrtLook.Parse(code);
            return model == null ? Shown(look) : Drawn(model, look);
        }
        catch (GanrtLookException error)
        {
            return error.Newer ? "newer" : "refused";
        }
        catch (ArgumentException)
        {
            return "refused";
        }
    }

    static string Shown(GanrtLook look)
    {
        string classes = string.Concat(look.Classes.Select(one => one.Key + ":" + Bits(one.Value) + ","));
        string controls = string.Concat(look.Controls.Select(one => one.Key + "=" + one.Value + ","));
        string edits = string.Concat(look.Edits.Select(one => one.First + "-" + one.Stop + ":" + Bits(one.Value) + ","));
        string mode = look.Mode == null ? "" : look.Mode.ToString().ToLowerInvariant();
        return string.Join("|", look.Model, look.Seed, look.Index, Bits(look.Psi), mode, Bits(look.Threshold), Bits(look.Statistics),
                           classes, controls, edits, Printed(look));
    }

    static string Printed(GanrtLook look)
    {
        try
        {
            return look.Code;
        }
        catch (GanrtLookException)
        {
            return "unprintable";
        }
    }

    static string Drawn(GanrtModel model, GanrtLook look)
    {
        string z = string.Concat(model.Latent(look).Select(Bits));
        string labels = model.Labels == 0 ? "" : string.Concat(model.Weights(look).Select(Bits));
        return z + "|" + labels + "|" + (model.TruncationInput ? Bits(model.Truncation(look)) : "");
    }

    static string Bits(float value)
    {
        return BitConverter.ToUInt32(BitConverter.GetBytes(value), 0).ToString("x8");
    }

    static string Bits(double? value)
    {
        return value.HasValue ? BitConverter.DoubleToInt64Bits(value.Value).ToString("x16") : "";
    }
}
